-- Alerts raised so far: key.
SELECT key FROM audit.alert
