"""Vendors' own files, written and read by a layout."""

from formats.tabular.layout import Layout, load_layout
from formats.tabular.writer import write
from formats.tabular.body import Stamp
