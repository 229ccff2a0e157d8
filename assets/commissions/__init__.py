"""The commissions room: what agents are owed of the money that is ours, level by level.

Path and percents of a subscription are frozen at its first accrual; amounts are cumulative and rounded per level, so
that parts always sum to the whole. What vendor and agents leave is the margin, posted here as well.
"""
