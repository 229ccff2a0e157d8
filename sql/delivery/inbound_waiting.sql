-- Received files that no room has worked through yet: sha256 (hex), kind, partner, name. Returns stand before
-- statements, so that a statement finds what it answers.
SELECT encode(i.sha256, 'hex') AS sha256, i.kind, i.partner, i.name
FROM exchange.inbound i
WHERE i.kind <> 'unreadable' AND NOT EXISTS (SELECT FROM exchange.processed p WHERE p.sha256 = i.sha256)
ORDER BY array_position(ARRAY['nacha', 'bai2', 'x12_ack', 'edi834', 'roster'], i.kind), i.partner, i.name, i.sha256
