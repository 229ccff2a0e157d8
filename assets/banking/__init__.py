"""The banking room: the bank's own words about our money, matched to what we sent, and the day it counts as ours.

A statement line is matched to the cent or its difference is named. An entry settles when its file was sent, its hold is
over and it has not come back; only settled money earns anything for anybody.
"""
