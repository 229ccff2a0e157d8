"""Vendors' own files (delimited, fixed width, XML, XLSX) of the same members and coverages as the 834's.

A `Layout` is data (TOML): `load_layout`. `write` leaves out families that do not fit; `check` proves a file's bytes
before it is registered; `read` takes a vendor's roster back into frames; `surviving` says what a layout carries whole.
"""

from formats.tabular.body import Stamp
from formats.tabular.check import check
from formats.tabular.findings import FINDINGS
from formats.tabular.layout import Layout
from formats.tabular.loading import load_layout
from formats.tabular.parse import surviving
from formats.tabular.reader import read
from formats.tabular.writer import File, Written, write

__all__ = ["FINDINGS", "File", "Layout", "Stamp", "Written", "check", "load_layout", "read", "surviving", "write"]
