"""What the night makes: a room per business area.

Every room has pure modules that hold its rules (frames in, frames out), `steps.py` with one function per step of
the night (read, compute, append, report: no Dagster) and `assets.py` that hangs those steps into Dagster.
"""
