-- What has arrived from this partner, as it travelled: wire_sha256 (hex).
SELECT encode(wire_sha256, 'hex') AS wire_sha256 FROM exchange.arrival WHERE partner = {partner}
