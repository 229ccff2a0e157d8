-- From here on this transaction writes nothing: read_only.
SELECT set_config('transaction_read_only', 'on', true) AS read_only
