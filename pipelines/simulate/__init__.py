"""Simulation: an invented bank and invented vendors that answer what was delivered to their loopback folders.

For demo, rehearsal and tests; an installation with real partners has no use for it. Everything it makes is marked:
the ACH files carry the reference SIMULATE, and each function says so.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from formats.errors import SettingsError

if TYPE_CHECKING:
    from resources.desk import Desk


def answer(desk: Desk, who: str, date: dt.date, seed: int) -> list[dict[str, Any]]:
    """Let the invented `bank` or every invented `vendor` answer what it has not answered yet.

    Returns:
        What each put out: partner, name, answers (the delivered file), verdict.

    Raises:
        SettingsError: nobody of that kind was set up in this home.
        ExchangeError: a delivered file can't be opened, or is not signed by us.
    """
    from pipelines.simulate import bank, vendor  # noqa: PLC0415 - formats and gpg, which the command line may not need
    from pipelines.simulate.invented import INVENTED  # noqa: PLC0415
    from pipelines.simulate.setup import their_keys  # noqa: PLC0415

    codes = [each.code for each in INVENTED if each.kind == who and their_keys(desk.home, each.code).is_dir()]
    if not codes:
        raise SettingsError(
            f"no invented {who} was set up in this home", where=str(desk.home.path), hint="./daybook demo sets them up"
        )
    if who == "bank":
        return bank.answer(desk.home, seed, date)
    return [told for code in codes for told in vendor.answer(desk.home, code, seed, date)]
