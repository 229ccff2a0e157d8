"""The payables room: what vendors are owed of the money that is ours.

Expected is each billing line's vendor part in proportion to its invoice's funding, recorded are the accruals by line
and vendor; the difference is appended and posted. Funding itself (funding.py) is shared with the commissions room.
"""
