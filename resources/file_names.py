"""Names of outbound files: a template with places, filled from what is known of a file and never from a clock."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, NoReturn

VENDORS = ("sender", "receiver", "purpose", "usage", "time")  # places that a bank's files have not
PLACES = ("company", "partner", "kind", "date", "sequence", *VENDORS)
_DAY, _MOMENT, _COUNT = r"(%[Yymdj]|[A-Za-z0-9._-])+", r"(%[HMS]|[A-Za-z0-9._-])+", r"0[2-9]"
_FORMS = {"date": _DAY, "time": _MOMENT, "sequence": _COUNT}
_WHOLE_DAYS = ({"%Y", "%m", "%d"}, {"%y", "%m", "%d"}, {"%Y", "%j"}, {"%y", "%j"})


class _Name(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        """Dates as YYYYMMDD, times as HHMMSS and milliseconds, numbers with two digits, unless a form is asked for."""
        if isinstance(value, dt.time) and not format_spec:
            return f"{value:%H%M%S}{value.microsecond // 1000:03}"
        usual = "%Y%m%d" if isinstance(value, dt.date) else "02" if isinstance(value, int) else ""
        return format(value, format_spec or usual)


def filled(template: str, values: Mapping[str, object]) -> str:
    """The name that a template which `asked` has taken makes of these values."""
    return _Name().vformat(template, (), values)


def asked(template: str) -> frozenset[str]:
    """The places of a template, if two files of one partner can never get the same name by it.

    The business date, the company and its sequence of the day tell a file from all others; so do the date and the
    whole time of a vendor's file, which is made of the other two.

    Raises:
        ValueError: in plain words, what is wrong with it.
    """
    try:
        read = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"is not a template: {error}") from error
    parts = [(name, form or "", turned) for _, name, form, turned in read if name is not None]
    for name, form, turned in parts:
        if name not in PLACES or turned:
            _refuse(f"there is no place {{{name}}}; there are {', '.join(f'{{{p}}}' for p in PLACES)}")
        if form and not re.fullmatch(_FORMS.get(name, "(?!)"), form):
            _refuse(f"{{{name}}} can't have the form {form}; as in {{date:%y%m%d}}, {{time:%H%M}}, {{sequence:03}}")
    places = frozenset(name for name, _, _ in parts)
    days = [set(re.findall("%.", form or "%Y%m%d")) for name, form, _ in parts if name == "date"]
    if not any(whole <= day for day in days for whole in _WHOLE_DAYS):
        _refuse("must hold {date}, with year, month and day")
    if not {"company", "sequence"} <= places and ("time", "", None) not in parts:
        _refuse("must hold {company} and {sequence}, or for a vendor {time}: two files must never share a name")
    return places


def _refuse(words: str) -> NoReturn:
    raise ValueError(words)
