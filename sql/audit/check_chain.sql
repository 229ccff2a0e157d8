-- Actions whose hash does not follow from the one before and their own content: failure.
SELECT format('action %s does not follow from the one before it', action_no) AS failure
FROM (SELECT action_no, own_hash, previous_hash, actor, action, object, reason,
             lag(own_hash) OVER (ORDER BY action_no) AS before FROM audit.action) a
WHERE previous_hash IS DISTINCT FROM before
   OR own_hash <> sha256(convert_to(concat_ws('|', encode(coalesce(previous_hash, ''), 'hex'),
        action_no, actor, action, object, reason), 'UTF8'))
ORDER BY action_no LIMIT 1
