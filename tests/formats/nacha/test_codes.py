"""Every return and change code: the table against the printed one, and a file of each through the package."""

from datetime import date

import polars as pl
import pytest

from formats.errors import FormatError
from formats.nacha import CHANGE_CODES, RETURN_CODES, check, parse_corrected_data, read, write
from tests.formats.nacha.simulate import CORRECTED, every_change_code, every_return_code, noticed, returned

# Section 7, code by code: time (2 banking days, 60 calendar days, W with the consumer's statement), retry, plan.
PRINTED = """
R01 2 retry no | R02 2 new-account hold | R03 2 corrected hold | R04 2 corrected hold | R05 60W no yes
R06 agreed case review | R07 60W no yes | R08 2 approval hold | R09 2 retry no | R10 60W no yes
R11 60W corrected hold | R12 2 new-account hold | R13 operator fix hold | R14 2 no yes | R15 2 no yes
R16 2 no yes | R17 2 no review | R18 operator fix no | R19 operator fix no | R20 2 no hold | R21 2 fix hold
R22 2 fix hold | R23 refusal no review | R24 2 no review | R25 operator fix no | R26 operator fix no
R27 operator fix no | R28 operator fix no | R29 2 no yes | R30 operator no no | R31 agreed case review
R32 operator case no | R33 60 no no | R34 operator fix hold | R35 operator fix hold | R36 operator fix hold
R37 60W no no | R38 60 no no | R39 2 no no | R40 none no no | R41 none no no | R42 none no no
R43 none no no | R44 none no no | R45 none no no | R46 none no no | R47 none no no | R50 2 no no
R51 60W no no | R52 60 no no | R53 60W no no
R61 5 - - | R62 unconfirmed - - | R67 5 - - | R68 5 - - | R69 5 - - | R70 5 - -
R71 2 - final | R72 2 - final | R73 2 - final | R74 2 - accept | R75 2 - final | R76 2 - final
R77 unconfirmed - final
R80 2 fix hold | R81 2 no hold | R82 2 fix hold | R83 2 no hold | R84 2 no hold | R85 2 recode hold
R90 own no yes
"""


def test_the_table_says_what_is_printed() -> None:
    printed = [row.split() for row in PRINTED.replace("\n", "|").split("|") if row.strip()]
    time = pl.coalesce(pl.col("window_days").cast(pl.String), "window_unit")
    statement = pl.when("statement_required").then(pl.lit("W")).otherwise(pl.lit(""))
    ours = RETURN_CODES.select(
        "return_code",
        pl.concat_str(time, statement),
        pl.col("retry").fill_null("-").str.replace(" ", "-"),
        pl.col("stop_plan").fill_null("-"),
    )
    assert [list(row) for row in ours.rows()] == printed
    unit = pl.col("window_unit")
    assert RETURN_CODES.filter(pl.col("window_days") == 60, unit != "calendar").is_empty()
    assert RETURN_CODES.filter(pl.col("window_days") < 60, unit != "banking").is_empty()


def test_who_may_send_which_code_and_what_is_not_confirmed() -> None:
    by = {row[0]: row[1] for row in RETURN_CODES.select("return_code", "sent_by").rows()}
    assert {by[code] for code in ("R61", "R62", "R67", "R68", "R69", "R70")} == {"ODFI"}
    assert {by[code] for code in ("R01", "R10", "R71", "R74", "R77", "R90")} == {"RDFI"}
    assert {by[code] for code in ("R18", "R19", "R25", "R28", "R35", "R36")} == {"operator"}
    assert {by[code] for code in ("R80", "R85")} == {"gateway"}
    assert RETURN_CODES.filter(~pl.col("confirmed"))["return_code"].to_list() == [
        "R11", "R61", "R62", "R67", "R68", "R69", "R70", "R71", "R72", "R73", "R74", "R75", "R76", "R77",
    ]  # fmt: skip
    assert RETURN_CODES.filter(return_code="R90")["effective_from"].to_list() == [date(2028, 3, 17)]


@pytest.mark.parametrize("code", every_return_code())
def test_every_return_code_passes_through(code: str) -> None:
    found = read(write(returned(code)))
    assert found.addenda["return_code"].to_list() == [code]
    assert found.addenda["original_trace"].to_list() == ["121042880000007"]
    assert check(found).is_empty()
    if found.addenda["kind"][0] == "99":
        abroad = read(write(returned(code, international=True)))
        assert abroad.addenda["return_code"].drop_nulls().to_list() == [code]
        assert abroad.addenda["original_amount_cents"].drop_nulls().to_list() == [2500]
        assert check(abroad).is_empty()
    else:
        with pytest.raises(FormatError, match="iat_dispute"):
            write(returned(code, international=True))


@pytest.mark.parametrize("code", every_change_code())
def test_every_change_code_passes_through(code: str) -> None:
    found = read(write(noticed(code)))
    assert found.addenda["kind"].to_list() == ["98" if code in CORRECTED else "98R"]
    assert check(found).is_empty()
    notice = parse_corrected_data(found.addenda).row(0, named=True)
    told = {name: value for name, value in notice.items() if name.startswith("new_") and value is not None}
    assert told == CORRECTED.get(code, ("", "", {}))[2]
    assert notice["usable"] == (code in CORRECTED)


@pytest.mark.parametrize("code", [code for code, (_, wide, _) in CORRECTED.items() if wide is not None])
def test_international_notices_pass_through(code: str) -> None:
    found = read(write(noticed(code, international=True)))
    assert check(found).is_empty()
    notices = found.addenda.with_columns(iat=pl.lit(value=True))
    notice = parse_corrected_data(notices).row(0, named=True)
    told = {name: value for name, value in notice.items() if name.startswith("new_") and value is not None}
    assert (told, notice["usable"]) == (CORRECTED[code][2], True)


@pytest.mark.parametrize("code", ["C03", "C06", "C07"])
def test_codes_that_do_not_apply_abroad_are_not_used(code: str) -> None:
    notices = pl.DataFrame({"change_code": [code], "corrected_data": [CORRECTED[code][0]], "iat": [True]})
    assert parse_corrected_data(notices)["usable"].to_list() == [False]


def test_a_refused_notice_abroad_is_forbidden() -> None:
    with pytest.raises(FormatError, match="iat_dispute"):
        write(noticed("C65", international=True))


@pytest.mark.parametrize("code", ["R48", "R63", "R97", "R99"])
def test_codes_not_assigned_are_read_for_review_and_never_written(code: str) -> None:
    good = write(returned("R03"))
    found = read(good.replace(b"799R03", b"799" + code.encode()))
    assert found.problems.is_empty()
    assert found.addenda["return_code"].to_list() == [code]
    assert check(found).select("rule", "severity", "column").rows() == [
        ("nacha.addenda.return_code_unknown", "warning", 4)
    ]
    with pytest.raises(FormatError, match=r"nacha\.write\.return_code"):
        write(found)


@pytest.mark.parametrize("code", ["C10", "C11", "C12", "C60", "C70", "C92"])
def test_change_codes_not_assigned_are_read_for_review_and_never_written(code: str) -> None:
    assert code not in CHANGE_CODES["change_code"]
    found = read(write(noticed("C01")).replace(b"798C01", b"798" + code.encode()))
    assert check(found)["rule"].to_list() == ["nacha.addenda.change_code_unknown"]
    with pytest.raises(FormatError, match=r"nacha\.write\.change_code"):
        write(found)
