"""The billing room: what is owed for whom, as invoices and lines.

Expected charges (subscription x fee x coverage period whose bill date has come) minus recorded lines gives the night's
lines; corrections name the line they correct and why. Rules are pure modules over frames; `steps.py` reads and appends.
"""
