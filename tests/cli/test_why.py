"""`explain`, `preview` and `reports` as a person runs them, over a loaded sample."""

from __future__ import annotations

from pathlib import Path

from tests.support.cli import daybook

DATE = "2026-11-02"


def test_preview_explain_and_reports_of_a_loaded_book(home: Path, tmp_path: Path) -> None:
    sample, out = tmp_path / "sample", tmp_path / "out"
    assert daybook(home, "sample", "--members", "40", "--seed", "7", "--out", str(sample)).code == 0
    daybook(home, "load", str(sample), "--date", DATE)  # the sample holds rows that can't be loaded

    shown = daybook(home, "preview", "--date", DATE, "--book", "north", "--out", str(out), "--json")
    assert shown.code == 0, shown.err
    night = shown.json["nights"][0]
    assert night["invoices"] > 0
    assert night["billed_cents"] > 0
    assert len(night["hash"]) == 64 != night["posted_hash"]
    lines = (out / f"preview-north-{DATE}-lines.csv").read_text().splitlines()
    assert len(lines) == night["lines"] + 1

    company, payer, _, subscription, *_ = lines[1].split(",")
    told = daybook(home, "explain", "--subscription", subscription, "--date", DATE, "--company", company, "--json").json
    assert told["company"] == company
    assert told["member"] == payer or payer == ""
    assert any(c["outcome"] == "tonight" and c["price"]["because"] for c in told["charges"])
    assert told["lines"] == []

    # Nothing has been billed yet: that is what this check is for.
    written = daybook(home, "reports", "--date", DATE, "--book", "north", "--json")
    assert written.code == 1
    book = written.json["books"][0]
    assert book["unbilled"] > 0
    assert (Path(book["folder"]) / "forecast.csv").is_file()

    lost = daybook(home, "explain", "--subscription", "NOBODY", "--date", DATE)
    assert lost.code == 1
    assert "there is no subscription NOBODY" in lost.plain()
