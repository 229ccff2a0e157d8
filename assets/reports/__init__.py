"""The reports room: what finance reads in the morning, and the figures machines read of a night.

Reports are made from the record as of their business date, so that a later night never changes an earlier report.
The same record gives the same bytes. Every total ties to the ledger, and says so where it stands.
"""
