"""`documents`, `document` and `mail` as a person runs them."""

from __future__ import annotations

from pathlib import Path

from pipelines.simulate.mailsink import kept, mail_sink, set_up
from resources.desk import Desk
from resources.home import Home
from tests.documents.conftest import billed, people
from tests.support.cli import daybook


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
