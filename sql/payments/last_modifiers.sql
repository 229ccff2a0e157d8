-- The last file ID modifier given out at this business date, as a number: destination, origin, sequence.
SELECT destination, origin, max(sequence)::bigint AS sequence FROM payments.file_modifier
WHERE origin = ANY ({origins}::text[]) AND business_date = {business_date}::date
GROUP BY destination, origin
