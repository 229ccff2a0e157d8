"""Intake: what customers send becomes companies, products, people and subscriptions in the record.

A drop is a folder of CSV files. Each content is taken once; bad rows are set aside with file, line, column
and reason and are tried again when their cause is gone; the rest is compared with the record, and only what
is new or different is written. Not here: judging tiers against families, or prices against each other.
"""

from assets.intake.inbound import take_enrollment
from assets.intake.loading import FileResult, LoadResult, load, take

__all__ = ["FileResult", "LoadResult", "load", "take", "take_enrollment"]
