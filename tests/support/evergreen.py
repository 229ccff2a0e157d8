"""A vendor whose profile names a guide and says no more than it must."""

from __future__ import annotations

from pathlib import Path

from resources.partners import Partner, load_partner
from tests.support.bank import HOST_KEY

PROFILE = f"""
code = "evergreen"
kind = "vendor"
name = "Evergreen Health"
guide = "GUIDE"
[sftp]
host = "127.0.0.1"
username = "x"
private_key_path = "../keys/ssh"
host_key = "{HOST_KEY}"
[pgp]
our_fingerprint = "{"A" * 40}"
partner_fingerprint = "{"B" * 40}"
our_secret_key = "../keys/pgp"
partner_public_key = "../keys/their.asc"
[edi834]
sender_id = "DAYBOOK"
receiver_id = "EVERGREEN"
usage = "P"
"""


def evergreen(folder: Path, guide: str, more: str = "", top: str = "") -> Partner:
    """The partner as it is loaded from a profile with that guide; `top` and `more` are lines before and after."""
    path = folder / "evergreen.toml"
    path.write_text(top + PROFILE.replace("GUIDE", guide) + more, encoding="utf-8")
    return load_partner(path)
