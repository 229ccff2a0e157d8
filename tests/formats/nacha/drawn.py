"""Files drawn at random from everything the package writes, each with a profile that may write it."""

from datetime import date
from typing import Any, Literal

import polars as pl
from hypothesis import strategies as st

from formats.nacha import Nacha, Offset, Profile
from tests.formats.nacha.build import batch, header, iat_batch, iat_parties, nacha

Entry = tuple[dict[str, Any], list[dict[str, Any]]]
FORWARD = ["PPD", "CCD", "CTX", "WEB", "TEL", "ENR", "IAT"]
ANSWERS = ["98", "98R", "99", "99D", "99C", "IAT 98", "IAT 99"]
# Words that promise something about their entries, with the codes they may hold.
PROMISES = {
    "RETRY PYMT": [27, 37],
    "RETURN FEE": [27, 37],
    "REVERSAL": [22, 27, 32, 37, 42, 47, 52, 55],
}
LEVELLED: dict[str | None, Offset | None] = {
    None: None,
    "batch": Offset(rdfi="12104288", account="99887766", name="ACME BENEFITS"),
    "file": Offset(rdfi="12104288", account="99887766", name="ACME BENEFITS", per="file"),
}
ENDS: list[Literal["\n", "\r\n"]] = ["\n", "\r\n"]

TEXT = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-*&'/", min_size=1, max_size=15).map(
    lambda text: ("A" + text[:14]).rstrip()
)
DIGITS8 = st.integers(1_0000000, 9_9999999).map(str)
LIVE = [22, 27, 32, 37, 42, 47, 52]
ACCOUNT = st.text("0123456789-", min_size=1, max_size=17).map(lambda text: " " * (len(text) % 2) + text[:16])
TRACE = st.integers(1, 10**15 - 1).map(lambda value: f"{value:015d}")
DAY_OF_YEAR = st.integers(1, 366).map(lambda value: f"{value:03d}")


@st.composite
def _forward(draw: st.DrawFn, sec: str, codes: list[int], trace: str) -> Entry:
    code = draw(st.sampled_from(codes))
    prenote = (draw(st.booleans()) and sec != "TEL" and codes is LIVE) or sec == "ENR"
    made = {
        "transaction_code": code + 1 if prenote else code,
        "amount_cents": 0 if prenote else draw(st.integers(1, 99_999_999)),
        "rdfi": draw(DIGITS8),
        "account": draw(ACCOUNT),
        "trace_number": trace,
    }
    if sec == "IAT":
        made |= {"gateway_screening": "0", "secondary_screening": draw(st.sampled_from(["", "0", "1"]))}
        return made, iat_parties(remittances=draw(st.integers(0, 2)), banks=draw(st.integers(0, 3)))
    made |= {"individual_id": draw(TEXT), "name": draw(TEXT)}
    made |= {"discretionary": draw(st.sampled_from(["", "S", "R", "A1"]))}
    most = {"CTX": 4, "TEL": 0, "ENR": 3}.get(sec, 1)
    texts = draw(st.lists(TEXT, min_size=int(sec == "ENR"), max_size=most))
    return made, [{"kind": "05", "payment_text": text} for text in texts]


@st.composite
def _advice(draw: st.DrawFn, number: int) -> Entry:
    made = {
        "transaction_code": draw(st.integers(81, 88)),
        "amount_cents": draw(st.integers(1, 999_999_999_999)),
        "rdfi": draw(DIGITS8),
        "account": draw(ACCOUNT)[:15],
        "name": draw(TEXT),
        "advice_routing": draw(DIGITS8) + "1",
        "advice_file": "A0001",
        "operator_data": draw(st.sampled_from(["", "X"])),
        "operator_routing": draw(DIGITS8),
        "operator_day": draw(DAY_OF_YEAR),
        "operator_sequence": f"{number:04d}",
    }
    return made, []


@st.composite
def _answer(draw: st.DrawFn, kind: str, trace: str) -> Entry:
    international, kind = kind.startswith("IAT"), kind.removeprefix("IAT ")
    amount = 0 if kind.startswith("98") else draw(st.integers(0, 99_999_999))
    made = {
        "transaction_code": draw(st.sampled_from([21, 26, 31, 36, 41, 46, 51, 56])),
        "amount_cents": amount,
        "rdfi": draw(DIGITS8),
        "account": draw(ACCOUNT),
        "trace_number": trace,
    }
    made |= {} if international else {"individual_id": draw(TEXT), "name": draw(TEXT)}
    told: dict[str, Any] = {"kind": kind, "original_trace": draw(TRACE), "original_rdfi": draw(DIGITS8)}
    told |= draw(_told(kind, wide=international))
    if international and kind == "99":
        told |= {"original_amount_cents": amount}
    parties = iat_parties() if international and (kind == "99" or draw(st.booleans())) else []
    return made, [*parties, told]


@st.composite
def _told(draw: st.DrawFn, kind: str, *, wide: bool) -> dict[str, Any]:
    match kind:
        case "98":
            data = "A" * draw(st.integers(1, 35 if wide else 29))
            return {"change_code": draw(st.sampled_from(["C01", "C02", "C05"])), "corrected_data": data}
        case "98R":
            refused = {"refused_change_code": "C01", "refused_sequence": "0000012"}
            return {"change_code": "C65", "corrected_data": draw(TEXT), **refused}
        case "99":
            code = draw(st.sampled_from(["R01", "R02", "R03", "R10", "R29"]))
            return {"return_code": code, "addenda_information": draw(TEXT)}
        case "99D":
            told: dict[str, Any] = {
                "return_code": "R68",
                "return_trace": draw(TRACE),
                "return_settlement_day": draw(DAY_OF_YEAR),
            }
            return {**told, "return_reason": "01", "addenda_information": draw(TEXT)}
        case _:
            told = {"return_code": "R73", "original_return_date": date(2026, 3, 5), "return_reason": "01"}
            told |= {"return_trace": draw(TRACE), "dishonored_trace": draw(TRACE), "dishonored_reason": "68"}
            told |= {"original_settlement_day": draw(DAY_OF_YEAR), "return_settlement_day": draw(DAY_OF_YEAR)}
            return {**told, "dishonored_settlement_day": draw(DAY_OF_YEAR)}


@st.composite
def _batch(draw: st.DrawFn, kind: str, codes: list[int], file: int) -> dict[str, Any]:
    odfi = draw(DIGITS8)
    if kind in ("IAT", "IAT 99"):
        return iat_batch(odfi=odfi, file=file)
    if kind == "IAT 98":
        return iat_batch(odfi=odfi, company_name="IATCOR", sec="COR", file=file)
    sec = kind if kind.isalpha() else "COR" if kind.startswith("98") else draw(st.sampled_from(["PPD", "CCD"]))
    values = {"sec": sec, "odfi": odfi, "company_name": draw(TEXT), "file": file}
    if kind == "ENR":
        values |= {"entry_description": "AUTOENROLL"}
    elif codes is not LIVE:
        values |= {"entry_description": next(word for word, its in PROMISES.items() if its is codes)}
    elif kind.isalpha():
        values |= {"descriptive_date": draw(st.sampled_from(["", "260302", "SD1300"]))}
    return batch(**values)


@st.composite
def files(draw: st.DrawFn, forward: tuple[str, ...] = tuple(FORWARD)) -> Nacha:
    """One or two files of up to three batches; a file of advices holds nothing else."""
    batches: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    addenda: list[dict[str, Any]] = []
    count = draw(st.integers(1, 2))
    for file in range(count):
        number, advices = 0, draw(st.integers(0, 5)) == 0
        for _ in range(draw(st.integers(1, 3))):
            kind = "ADV" if advices else draw(st.sampled_from([*forward, *ANSWERS]))
            words = [LIVE, LIVE, *PROMISES.values()] if kind in ("PPD", "CCD", "WEB") else [LIVE]
            codes = [27, 37] if kind == "TEL" else draw(st.sampled_from(words))
            made_batch = draw(_batch(kind, LIVE if kind == "TEL" else codes, file=file))
            batches.append(made_batch)
            for _ in range(draw(st.integers(1, 4))):
                number += draw(st.integers(1, 50))
                trace = f"{made_batch['odfi']}{number:07d}"
                if kind == "ADV":
                    made, told = draw(_advice(number))
                elif kind.isalpha():
                    made, told = draw(_forward(kind, codes, trace))
                else:
                    made, told = draw(_answer(kind, trace))
                addenda += [{"entry": len(entries), **one} for one in told]
                entries.append({"batch": len(batches) - 1, **made})
    heads = pl.concat([header(modifier="AB"[at]).with_columns(file=pl.lit(at, pl.Int64)) for at in range(count)])
    return nacha(batches, entries, addenda, heads)


@st.composite
def written(draw: st.DrawFn) -> tuple[Nacha, Profile]:
    """Draw a file and a profile; an offset per batch can't stand among international entries or in TEL."""
    ends = draw(st.sampled_from(ENDS))
    per = draw(st.sampled_from([None, None, "batch", "file"]))
    offset = LEVELLED[per]
    profile = Profile(line_end=ends, blocking=draw(st.booleans()), offset=offset)
    whole = draw(files(("PPD", "CCD", "CTX", "WEB", "ENR")) if per == "batch" else files())
    return whole, profile
