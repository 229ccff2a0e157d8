"""What machines read: with --json exactly one object stands on stdout, with the agreed keys; progress is on stderr.

Keys may be added, none may go.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from resources.home import ROOT
from resources.pgp import gpg_missing
from tests.support.cli import LAUNCHER, Said, daybook

pytestmark = pytest.mark.skipif(gpg_missing() is not None, reason=str(gpg_missing()))

DATE, SETTLED, OVERDUE = "2026-11-02", "2026-11-12", "2026-11-16"
DEMO = ["demo", "--members", "40", "--json"]
NIGHTS = {"nights": list, "files": list, "reports": list, "exceptions": int, "seconds": float}
COUNTS = [
    "companies", "invoices", "billed_cents", "attempts", "ach_files", "ach_entries", "ach_debit_cents",
    "ach_credit_cents", "returns", "notices", "settled_cents", "vendor_files", "acknowledged", "commission_cents",
    "payable_cents", "set_aside", "quarantined", "rows_appended",
]  # fmt: skip
NIGHT = dict.fromkeys(COUNTS, int) | {"date": str, "book": str, "ledger_balanced": bool, "proofs_failed": int}
FILE = dict.fromkeys(["kind", "partner", "path", "sha256", "state"], str)
REPORT = dict.fromkeys(["name", "path", "sha256"], str)
BILLING = dict.fromkeys(["previews", "explained", "decisions", "documents", "papers", "receivables"], list) | {
    "mail": dict
}
LOADED = dict.fromkeys(["rows", "loaded", "unchanged", "quarantined"], int) | {"name": str}
BENCH = {"bench": str, "size": int, "steps": list, "peak_rss_mb": (int, float)}
STEP = {
    "step": str, "rows": int, "seconds": (int, float), "rows_per_s": (int, float), "yardstick": str,
    "yardstick_seconds": (int, float), "ratio": (int, float),
}  # fmt: skip


def has(shape: Mapping[str, Any], *objects: Mapping[str, Any], absent: Sequence[str] = ()) -> None:
    """Every object has the keys of the shape with values of its types; `absent` keys may be null."""
    assert objects
    for found in objects:
        assert shape.keys() <= found.keys(), shape.keys() - found.keys()
        wrong = {k: found[k] for k, t in shape.items() if not isinstance(found[k], t)}
        assert not {k: v for k, v in wrong.items() if v is not None or k not in absent}, wrong


def launcher() -> Sequence[str]:
    """`./daybook` itself, if the environment of this run is the one that it would build."""
    stamp = Path(sys.prefix) / ".daybook-lock"
    with (ROOT / "requirements.lock").open("rb") as lock:
        wanted = subprocess.run(["cksum"], stdin=lock, capture_output=True, text=True, check=True).stdout
    ours = (ROOT / ".venv").resolve() == Path(sys.prefix).resolve()
    if not ours or not stamp.is_file() or stamp.read_text() != wanted:
        pytest.skip("this environment was not built by ./daybook: it would build another")
    return LAUNCHER


@pytest.fixture(scope="module")
def demo(home: Path) -> Said:
    return daybook(home, *DEMO)


def test_demo(demo: Said, home: Path) -> None:
    assert demo.code == 0, demo.err
    result = demo.json
    has(NIGHTS, result)
    has(NIGHT, *result["nights"])
    has(FILE, *result["files"])
    has(REPORT, *result["reports"])
    assert [(n["date"], n["book"]) for n in result["nights"]] == [
        (DATE, "north"), (DATE, "south"), (SETTLED, "north"), (SETTLED, "south"), (OVERDUE, "north"),
    ]  # fmt: skip
    assert all(n["ledger_balanced"] for n in result["nights"])
    assert {f["kind"] for f in result["files"]} == {"nacha", "edi834", "tabular"}
    answered = {f["state"] for f in result["files"] if f["kind"] != "tabular"}
    assert answered <= {"acknowledged", "rejected"}
    has({"partner": str, "kind": str, "purpose": str, "files": int, "members": int, "refused": int},
        *result["enrollment"]["files"])  # fmt: skip
    assert result["enrollment"]["refused"]
    assert [d["partner"] for d in result["enrollment"]["discrepancies"]] == ["clearview"]
    assert all(Path(r["path"]).is_file() and Path(r["path"]).is_relative_to(home) for r in result["reports"])
    has(BILLING, result["billing"])
    has({"company": str, "kind": str, "number": str, "path": str, "sha256": str}, *result["billing"]["papers"])
    has(dict.fromkeys(["open_cents", "difference_cents", "unbilled"], int), *result["billing"]["receivables"])


def test_progress_and_messages_are_on_stderr(demo: Said) -> None:
    told = demo.plain()
    assert "ok night of 2026-11-02, book north" in told
    assert "dagster" not in told.lower().replace("look at the runs: ./daybook ui", "")


def test_night_again_through_the_launcher(demo: Said, home: Path) -> None:
    said = daybook(home, "night", "--date", SETTLED, "--book", "south", "--json", program=launcher())
    assert said.code == 0, said.err
    (night,) = said.json["nights"]
    has(NIGHTS, said.json)
    has(NIGHT, night)
    assert night["rows_appended"] == 0
    before = next(n for n in demo.json["nights"] if (n["date"], n["book"]) == (SETTLED, "south"))
    assert {k: v for k, v in night.items() if k != "rows_appended"} == {
        k: v for k, v in before.items() if k != "rows_appended"
    }


def test_files(demo: Said, home: Path) -> None:
    said = daybook(home, "files", "--date", DATE, "--json", program=launcher())
    assert (said.code, said.err) == (0, "")
    files = said.json["files"]
    has(FILE, *files)
    assert files == [f for f in demo.json["files"] if f["business_date"] == DATE]


def test_a_person_reads_the_same_figures(demo: Said, home: Path) -> None:
    said = daybook(home, "files", "--date", DATE)
    assert said.code == 0
    assert all(f["path"] in said.out for f in demo.json["files"] if f["business_date"] == DATE)
    assert not said.out.lstrip().startswith("{")


def test_the_commands_of_billing_say_what_the_demo_said(demo: Said, home: Path) -> None:
    billing = demo.json["billing"]
    waiting = daybook(home, "consents", "--json").json["waiting"]
    assert waiting == [d for d in billing["decisions"] if d["waits"]]
    why = billing["explained"][0]
    said = daybook(home, "explain", "--subscription", why["subscription"], "--date", why["date"], "--json").json
    assert [c for c in said["charges"] if c["outcome"] == "billed"] == why["charges"]


def test_load(demo: Said, home: Path, tmp_path: Path) -> None:
    made = daybook(home, "sample", "--members", "40", "--seed", "1", "--out", str(tmp_path / "drop"), "--json")
    assert made.code == 0
    assert made.json["files"]
    said = daybook(home, "load", str(tmp_path / "drop"), "--date", DATE, "--json")
    assert said.code == 0, said.err
    has({"files": list, "problems": list}, said.json)
    has(LOADED, *said.json["files"])
    has(
        {"file": str, "line": int, "column": str, "reason": str},
        *said.json["problems"],
        absent=["line"],
    )
    # The demo loaded these very files.
    assert sum(f["loaded"] for f in said.json["files"]) == 0


def test_inspect(tmp_path: Path, corpus: Path) -> None:
    good = daybook(tmp_path, "inspect", str(corpus / "nacha" / "ach" / "testdata" / "ppd-debit.ach"), "--json")
    bad = daybook(tmp_path, "inspect", str(corpus / "nacha" / "gateway" / "incoming" / "return.ach"), "--json")
    for said in (good, bad):
        has({"kind": str, "valid": bool, "counts": dict, "problems": list}, said.json)
        assert said.json["kind"] == "nacha"
        assert said.json["counts"]["entries"] >= 1
    assert (good.code, good.json["valid"]) == (0, True)
    assert (bad.code, bad.json["valid"]) == (1, False)
    has(
        dict.fromkeys(["rule", "severity", "message", "hint"], str) | {"line": int, "column": int},
        *bad.json["problems"],
        absent=["line", "column"],
    )


def test_doctor(demo: Said, home: Path) -> None:
    said = daybook(home, "doctor", "--json", program=launcher())
    assert said.code == 0, said.out
    has({"name": str, "ok": bool, "detail": str}, *said.json["checks"])
    assert all(c["ok"] for c in said.json["checks"])


@pytest.mark.long
def test_bench_of_the_night_leaves_the_home_alone(tmp_path: Path) -> None:
    said = daybook(tmp_path / "var", "bench", "night", "--members", "60", "--json")
    assert said.code == 0, said.err
    has(BENCH, said.json)
    has(STEP, *said.json["steps"], absent=["yardstick_seconds", "ratio", "yardstick"])
    assert (said.json["bench"], said.json["size"]) == ("night", 60)
    assert not (tmp_path / "var" / "server").exists()


@pytest.mark.long
def test_bench_of_billing(tmp_path: Path) -> None:
    said = daybook(tmp_path / "var", "bench", "billing", "--subscriptions", "300", "--json")
    assert said.code == 0, said.err
    has(BENCH, said.json)
    steps = said.json["steps"]
    has(STEP, *steps, absent=["yardstick_seconds", "ratio", "yardstick"])
    assert {s["step"].partition(":")[0] for s in steps} == {"ordinary night", "worst night"}
    assert any("COPY" in (s["yardstick"] or "") for s in steps)


@pytest.mark.parametrize("name", ["nacha", "edi834"])
def test_bench_of_a_format(tmp_path: Path, name: str) -> None:
    said = daybook(tmp_path / "var", "bench", name, "--size", "50", "--json")
    assert said.code == 0, said.err
    has(BENCH, said.json)
    has(STEP, *said.json["steps"], absent=["yardstick_seconds", "ratio", "yardstick"])


def test_the_other_commands_of_a_day_change_nothing_when_all_is_done(demo: Said, home: Path) -> None:
    released = daybook(home, "release", "--date", DATE, "--book", "north", "--json")
    assert released.code == 0, released.err
    assert released.json["files"] == [f for f in demo.json["files"] if f["business_date"] == DATE]
    approved = daybook(home, "approve", "--date", DATE, "--as", "somebody else", "--json")
    assert (approved.code, approved.json["approved"]) == (0, [])


def test_a_second_demo_with_other_options_is_refused(demo: Said, home: Path) -> None:
    said = daybook(home, "demo", "--members", "60", "--json")
    assert (said.code, said.out) == (1, "")
    told = said.plain()
    assert "already holds another demo" in told
    assert "--members 40 --seed 1 --date 2026-11-02" in told
    assert "DAYBOOK_HOME=" in told


def test_a_partner_that_can_not_be_reached_is_said(demo: Said, home: Path) -> None:
    """Last: it stops the invented partners of the home."""
    from pipelines.simulate.setup import stop_server
    from resources.home import Home

    stop_server(Home(home))
    said = daybook(home, "inbound", "--date", SETTLED)
    assert said.code == 1
    told = said.plain()
    assert "no partner could be reached" in told
    assert "127.0.0.1" in told
