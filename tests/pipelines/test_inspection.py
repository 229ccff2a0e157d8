"""`inspect` on ACH files: what is in them in words, accounts masked, what is wrong and where, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from formats import nacha
from formats.nacha import CHANGE_CODES, RETURN_CODES
from pipelines.cli.main import cli
from pipelines.inspection import inspect
from tests.formats.nacha.build import RDFI, batch, entry, header
from tests.formats.nacha.build import nacha as stream
from tests.formats.nacha.simulate import noticed, returned

ACCOUNT, NAME = "744567899", "WADE ARNOLD"


def written(*entries: int) -> bytes:
    return nacha.write(stream(entries=[entry(n, amount_cents=cents) for n, cents in enumerate(entries, start=1)]))


def test_a_stream_of_several_files_is_shown_whole() -> None:
    second = stream(
        [batch(), batch(sec="CCD", entry_description="VENDOR PAY")],
        [entry(1, transaction_code=28, amount_cents=0), entry(2, batch=1, transaction_code=32, amount_cents=7_05)],
        [{"entry": 1, "kind": "05", "payment_text": "INVOICE 7 OF WADE"}],
        header(modifier="B"),
    )
    found = inspect(written(12_345, 600) + nacha.write(second))
    assert (found.kind, found.valid) == ("nacha", True)
    assert found.counts == {
        "files": 2, "batches": 3, "entries": 4, "addenda": 1, "debit_cents": 12_945, "credit_cents": 705,
    }  # fmt: skip
    tables = found.tables
    assert tables["Files"].select("file", "line", "modifier").rows() == [(1, 1, "A"), (2, 11, "B")]
    assert tables["Batches"].select("file", "sec", "service", "entry_description", "debit_cents").rows() == [
        (1, "PPD", "debits", "PREMIUM", 12_945), (2, "PPD", "debits", "PREMIUM", 0),
        (2, "CCD", "credits", "VENDOR PAY", 0),
    ]  # fmt: skip
    assert tables["Entries"].select("meaning", "account", "amount_cents", "addenda").rows() == [
        ("checking debit", "****7899", 12_345, 0), ("checking debit", "****7899", 600, 0),
        ("checking debit, prenote", "****7899", 0, 0), ("savings credit", "****7899", 705, 1),
    ]  # fmt: skip
    assert tables["Other addenda"]["what"].to_list() == ["payment information"]
    assert tables["Control totals"]["agrees"].all()
    assert tables["Batches"]["controls_agree"].all()


def test_a_control_that_lies_stands_beside_the_recount() -> None:
    lines = written(12_345).decode().splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if line[:1] == "9")
    lines[at] = lines[at].replace("000000012345", "000000012346", 1)
    found = inspect("".join(lines).encode())
    wrong = found.tables["Control totals"].filter(~found.tables["Control totals"]["agrees"])
    assert wrong.select("line", "figure", "in_control", "recounted").rows() == [(at + 1, "debits", "123.46", "123.45")]
    assert not found.valid
    (problem,) = found.problems.filter(severity="error").iter_rows(named=True)
    assert (problem["line"], problem["column"]) == (at + 1, 32)
    assert problem["rule"].startswith("nacha.file.")
    assert found.counts["debit_cents"] == 12_345  # what the records say


@pytest.mark.parametrize("code", RETURN_CODES["return_code"].unique().sort())
def test_every_return_code_is_told_in_words(code: str) -> None:
    about = RETURN_CODES.filter(return_code=code).row(0, named=True)
    (row,) = inspect(nacha.write(returned(code))).tables["Returns"].iter_rows(named=True)
    assert row["return_code"] == code
    assert row["meaning"].startswith(about["title"])
    assert row["class_"] == about["class"]
    assert (row["try_again"] == "yes") == about["retry_allowed"]
    assert (row["account"], row["original_trace"]) == ("****7899", "121042880000007")
    if about["kind"] != "return":
        assert row["meaning"].endswith("of R01 insufficient funds")


@pytest.mark.parametrize("code", CHANGE_CODES.filter(kind="notice")["change_code"])
def test_every_notice_tells_what_is_new_and_no_whole_account(code: str) -> None:
    data = nacha.write(noticed(code))
    (row,) = inspect(data).tables["Notices of change"].iter_rows(named=True)
    title = CHANGE_CODES.filter(change_code=code).item(0, "title")
    assert (row["what"], row["change_code"], row["meaning"]) == ("notice of change", code, title)
    news = {"C01": "account ****1614", "C02": "routing 231380104", "C04": "name ****", "C05": "transaction code 37",
            "C03": "routing 231380104, account ****1614"}  # fmt: skip
    assert row["new"] == news.get(code, row["new"])
    assert row["new"] or code == "C13"
    assert "1918171614" not in str(row)
    assert "WADE" not in str(row)


def test_the_command_masks_points_and_fails(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def look(data: bytes, *words: str) -> tuple[int, str]:
        path = tmp_path / "a.ach"
        path.write_bytes(data)
        status = 0
        try:
            cli.main(["inspect", str(path), *words], standalone_mode=False)
        except SystemExit as stop:
            status = int(str(stop.code))
        return status, capfd.readouterr().out

    good = written(*[100] * 30)
    status, text = look(good)
    assert status == 0
    assert "no error found: 1 files, 1 batches, 30 entries, 0 addenda, 30.00 in debits, 0.00 in credits" in text
    assert "Entries (the first 20 of 30)" in text
    assert "(the first" not in look(good, "--rows", "0")[1]
    broken = good.replace(f"627{RDFI}4".encode(), f"627{RDFI}5".encode(), 1)  # the check digit of the first entry
    status, text = look(broken)
    assert status == 1
    assert "with errors" in text
    status, told = look(broken, "--json", "--rows", "2")
    assert status == 1
    result = json.loads(told)
    (problem,) = [p for p in result["problems"] if p["severity"] == "error"]
    assert (problem["line"], problem["column"]) == (3, 12)
    assert problem["rule"] in text
    assert problem["message"] in text
    assert (result["kind"], result["valid"]) == ("nacha", False)
    assert len(result["tables"]["Entries"]) == 2
    for shown in (text, told):
        assert ACCOUNT not in shown
        assert NAME not in shown
