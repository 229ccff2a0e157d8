"""What a bank sends back, for every code of the standard: the sample files hold only ten of them."""

from datetime import date
from typing import Any

from formats.nacha import CHANGE_CODES, RETURN_CODES, Nacha
from tests.formats.nacha.build import RDFI, batch, entry, iat_batch, iat_entry, iat_parties, nacha

ORIGINAL = {"original_trace": "121042880000007", "original_rdfi": RDFI}
DISPUTED = {"return_trace": "231380100000009", "return_settlement_day": "061", "return_reason": "01"}
# Corrected data of each change code: national and international, and what they say.
CORRECTED: dict[str, tuple[str, str | None, dict[str, Any]]] = {
    "C01": ("1918171614", "1918171614", {"new_account": "1918171614"}),
    "C02": ("231380104", "231380104", {"new_routing": "231380104"}),
    "C03": ("231380104   1918171614", None, {"new_routing": "231380104", "new_account": "1918171614"}),
    "C04": ("WADE ARNOLD", "WADE ARNOLD", {"new_name": "WADE ARNOLD"}),
    "C05": ("37", "37", {"new_transaction_code": 37}),
    "C06": ("1918171614          37", None, {"new_account": "1918171614", "new_transaction_code": 37}),
    "C07": (
        "2313801041918171614       37",
        None,
        {"new_routing": "231380104", "new_account": "1918171614", "new_transaction_code": 37},
    ),
    "C08": ("DEUTDEFF500", "DEUTDEFF500", {"new_bank_id": "DEUTDEFF500"}),
    "C09": ("SUB-2", "SUB-2", {"new_individual_id": "SUB-2"}),
    "C13": ("", "", {}),
    "C14": ("IAT", "IAT", {"new_sec": "IAT"}),
}


def returned(code: str, *, international: bool = False) -> Nacha:
    """Make a file with one return of this code: ordinary, dishonored or contested as the code is."""
    kind = {"return": "99", "dishonored": "99D", "contested": "99C"}[_kind(code)]
    told: dict[str, Any] = {"kind": kind, "return_code": code, **ORIGINAL}
    if code in ("R14", "R15"):
        told |= {"date_of_death": date(2026, 2, 1)}
    if kind == "99":
        told |= {"addenda_information": "AS TOLD"}
    else:
        told |= DISPUTED
    if kind == "99D":
        told |= {"addenda_information": "01*03" if code == "R69" else ""}
    if kind == "99C":
        told |= {"original_return_date": date(2026, 3, 1), "original_settlement_day": "059"}
        told |= {"dishonored_trace": "121042880000011", "dishonored_settlement_day": "063", "dishonored_reason": "68"}
    if international:
        told |= {"original_amount_cents": 2500} if kind == "99" else {}
        rows = [*iat_parties(), told]
        answer = iat_entry(1, transaction_code=26, **_traced())
        return nacha([iat_batch(odfi=RDFI)], [answer], [{"entry": 0, **row} for row in rows])
    return nacha([batch(odfi=RDFI)], [entry(1, transaction_code=26, **_traced())], [{"entry": 0, **told}])


def noticed(code: str, *, international: bool = False) -> Nacha:
    """Make a file with one change notice, or with one refused notice for C61 to C69."""
    told: dict[str, Any] = {"change_code": code, **ORIGINAL}
    if code in CORRECTED:
        told |= {"kind": "98", "corrected_data": CORRECTED[code][1 if international else 0]}
    else:
        told |= {"kind": "98R", "corrected_data": "1918171614", "refused_change_code": "C01"}
        told |= {"refused_sequence": "0000088"}
    code_and_amount = {"transaction_code": 26, "amount_cents": 0, **_traced()}
    if international:
        head = iat_batch(company_name="IATCOR", sec="COR", odfi=RDFI)
        return nacha([head], [iat_entry(1, **code_and_amount)], [{"entry": 0, **told}])
    return nacha([batch(sec="COR", odfi=RDFI)], [entry(1, **code_and_amount)], [{"entry": 0, **told}])


def every_return_code() -> list[str]:
    """All return codes of the table."""
    return RETURN_CODES["return_code"].to_list()


def every_change_code() -> list[str]:
    """All change codes of the table, of notices and of refusals."""
    return CHANGE_CODES["change_code"].to_list()


def _kind(code: str) -> str:
    return str(RETURN_CODES.filter(return_code=code)["kind"][0])


def _traced() -> dict[str, str]:
    return {"trace_number": f"{RDFI}0000001"}
