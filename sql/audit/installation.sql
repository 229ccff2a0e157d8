-- The fingerprint of the master key this record was sealed with, once known: key_fingerprint.
SELECT key_fingerprint FROM audit.installation
