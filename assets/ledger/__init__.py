"""The ledger room: journals from every room's events, the trial balance and the nightly proofs.

A journal is the sum of one append of one step for one company; the rows of that append carry its id.
"""
