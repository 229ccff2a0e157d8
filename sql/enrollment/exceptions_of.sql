-- What an inbound file's exceptions are already: position, kind.
SELECT position, kind FROM exchange.exception WHERE sha256 = {sha256}::bytea
