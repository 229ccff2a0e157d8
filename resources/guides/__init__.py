"""Companion guides: the whole terms of a kind of partner, which a profile names as `guide` and lays its own over.

`carrier.toml` and `exchange.toml` are examples, modelled on what carriers and exchanges publish. A guide holds what is
the same for everybody who exchanges files with such a partner: no party, no id, no place, no key.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from formats.errors import SettingsError

_FOLDER = Path(__file__).parent


def guides() -> list[str]:
    """Their names."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def guide(name: object, *, where: str = "") -> dict[str, Any]:
    """The raw tables of a guide.

    Args:
        name: as a profile has it.
        where: the profile, for the error.

    Raises:
        SettingsError: there is no such guide; lists those there are.
    """
    if name not in guides():
        raise SettingsError(f"there is no guide {name!r}", where=where, hint=f"guides: {', '.join(guides())}")
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def overlaid(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """One raw table over another: tables are merged key by key, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = overlaid(merged[key], value) if both else value
    return merged
