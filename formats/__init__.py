"""How files look: pure, columnar readers, writers and checkers.

Nothing here knows of Daybook's record, of Dagster or of a network. Every format package has three verbs:
`read(bytes) -> frames` (never raises on bad content), `write(frames, profile) -> bytes` (deterministic,
raises `FormatError` on what the standard forbids) and `check(frames, profile) -> problems`.
"""
