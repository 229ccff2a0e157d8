"""`documents`, `document` and `mail` as a person runs them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from assets.billing.steps import charge
from assets.steps import run_step
from pipelines.simulate.mailsink import kept, mail_sink, set_up
from resources.desk import Desk
from resources.home import Home
from tests.documents.conftest import billed, people
from tests.support.cli import daybook
from tests.support.seed import DAY, night, seed


def test_list_get_and_mail(home: Path, tmp_path: Path) -> None:
    desk = Desk(Home(home).make())
    billed(desk.record, people(2))
    out = tmp_path / "invoice.pdf"
    got = daybook(home, "document", "HARBOR", "invoice", "2", "--out", str(out), "--json").json
    assert (got["document_no"], got["date"]) == (1, "2026-10-01")
    assert out.read_bytes().startswith(b"%PDF")
    assert out.stat().st_mode & 0o077 == 0
    made = daybook(home, "documents", "--date", "2026-10-01", "--make", "--json")
    assert made.code == 0, made.err
    listed = daybook(home, "documents", "--date", "2026-10-01", "--company", "HARBOR", "--json").json["documents"]
    assert listed == made.json["documents"]
    assert [(d["subject"], d["mail"]) for d in listed] == [("2", "waiting"), ("1", "waiting")]
    assert listed[0]["sha256"] == got["sha256"]
    assert daybook(home, "mail", "--date", "2026-10-01", "--json").json == {"configured": False, "mail": {"waiting": 2}}
    assert "no mail server is set" in daybook(home, "mail", "--date", "2026-10-01").out
    with mail_sink(tmp_path / "in") as port:
        set_up(Home(home), port)
        assert daybook(home, "mail", "--date", "2026-10-01", "--json").json["mail"] == {"sent": 2}
        again = daybook(home, "mail", "--date", "2026-10-01")
    assert again.out.strip() == "no mail waits"
    assert len(kept(tmp_path / "in")) == 2
    missing = daybook(home, "document", "HARBOR", "invoice", "99")
    assert missing.code == 1
    assert "there is no invoice 99" in missing.plain()
    unknown = daybook(home, "documents", "--date", "2026-10-01", "--company", "NOBODY")
    assert "no company is called NOBODY" in unknown.plain()


def test_deductions_of_a_group_are_the_same_bytes_however_often(home: Path, tmp_path: Path) -> None:
    desk = Desk(Home(home).make())
    seed(
        desk.record,
        master__company=[{"company_id": 2, "code": "PLANT", "bill_lead_days": 0}],
        master__sub_group=[{"company_id": 2, "code": "EAST", "pays_per_year": 26}, {"company_id": 2, "code": "WEST"}],
        master__person=[{"company_id": 2}, {"company_id": 2, "person_id": 2, "code": "M2"}],
        master__subscription=[
            {"company_id": 2, "subscription_id": n, "code": f"S{n}", "person_id": n, "method": "list_bill"}
            | {"account_code": "", "group_code": group, "start_date": DAY}
            for n, group in ((1, "EAST"), (2, ""))
        ],
        master__payer_share=[
            {"company_id": 2, "subscription_id": n, "part": 2, "payer": "member", "percent": "35"} for n in (1, 2)
        ],
    )
    run_step(desk.record, night(desk.record), "billing.charges", charge)
    asked = ("deductions", "--date", "2026-10-01", "--out", str(tmp_path), "--json")
    first = daybook(home, *asked, "--group", "EAST").json["files"]
    assert [(f["company"], f["group"], f["records"], f["billed_cents"]) for f in first] == [("PLANT", "EAST", 1, 13034)]
    path = Path(first[0]["path"])
    content = path.read_bytes()
    assert (hashlib.sha256(content).hexdigest(), path.stat().st_mode & 0o077) == (first[0]["sha256"], 0)
    assert daybook(home, *asked, "--group", "EAST").json["files"] == first
    assert path.read_bytes() == content
    own = daybook(home, *asked, "--group", "PLANT").json["files"]
    assert [(f["group"], f["records"]) for f in own] == [("", 1)]
    assert daybook(home, *asked, "--company", "PLANT").json["files"] == [*own, *first]
    assert daybook(home, *asked, "--group", "WEST").json["files"] == []
    unknown = daybook(home, *asked, "--group", "NORTH")
    assert (unknown.code, "no group is called NORTH" in unknown.plain()) == (1, True)
