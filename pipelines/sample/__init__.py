"""The sample book: two books, four companies and all that happens in them, invented from a seed.

Belongs here: making the CSV files that a customer would send. Loading them is the intake room's, as for anyone.
"""

from pipelines.sample.make import Sample, make_sample

__all__ = ["Sample", "make_sample"]
