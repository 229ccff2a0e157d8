"""EDI 834 enrollment files (005010X220A1) and their acknowledgements: write, read, check; columnar and pure.

`Enrollment` holds frames (schema.py); a partner's terms are a `Profile`, one file's numbers a `Stamp`.
Ends are the first day not covered, money is cents; `referee.py` has pyx12 judge what was written.
"""
