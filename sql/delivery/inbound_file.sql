-- One received file: partner, name, kind, sealed, done (its room has worked through it).
SELECT i.partner, i.name, i.kind, i.sealed, EXISTS (SELECT FROM exchange.processed p WHERE p.sha256 = i.sha256) AS done
FROM exchange.inbound i WHERE i.sha256 = {sha256}
