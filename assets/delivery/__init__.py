"""The delivery room: files out, once, after a second person's word; files in, once, whatever they hold.

Approval binds a person's name to the sha256 of the bytes. Release makes what travels once, sends it, and tells the
truth about it. Receive takes each content once and names what it can't read. What a file means is its room's business.
"""
