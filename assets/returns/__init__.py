"""The returns room: what banks send back is matched to the very entry it answers, posted once, and acted upon.

Returned money opens its invoice again and may plan a retry; a code may stop an account; a change notice makes a new
version of it. What matches nothing of ours becomes a named exception for a person, never a guess.
"""
