"""What Daybook touches: the record, the vault, transports and keys. No business rules here."""
