-- Inbound items that wait for a person: exceptions.
SELECT count(*) AS exceptions FROM exchange.exception
