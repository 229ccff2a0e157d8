-- Who sent an inbound file: partner, received_on.
SELECT partner, received_on FROM exchange.inbound WHERE sha256 = {sha256}::bytea
