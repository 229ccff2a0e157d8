-- migrate:up
-- A full file in a vendor's own layout need not bear a date: two nights on which nobody changed make the same bytes, and
-- each of them is a file of its own. An ACH file and an 834 bear numbers, so that the same bytes again are a mistake.
DROP INDEX exchange.file_bytes_once;
CREATE UNIQUE INDEX file_bytes_once ON exchange.file (sha256) WHERE kind <> 'tabular';

-- migrate:down
SELECT 1;
