-- When a received file came in and what it is: received_on, kind.
SELECT received_on, kind FROM exchange.inbound WHERE sha256 = {sha256}
