-- migrate:up
-- A dependent may end before the subscription does: a group says so in its 834, often ahead of the day.
ALTER TABLE master.covered ADD COLUMN end_date date;     -- first day not covered; null: as the subscription ends

-- migrate:down
SELECT 1;
