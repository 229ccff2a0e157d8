-- What is already named about one received file: position, kind.
SELECT position, kind FROM exchange.exception WHERE sha256 = {sha256}
