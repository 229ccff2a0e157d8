"""kill -9 of the sender, anywhere in a release: nothing lost, nothing doubled, nothing cut.

A real process, PostgreSQL, gpg and an SFTP server that counts what is published; partners by rename, by marker, and
one that takes each file the moment it is there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import asyncssh
import pytest

from assets.delivery.approval import approve
from assets.delivery.release import release
from pipelines.simulate.invented import BANK, INVENTED
from pipelines.simulate.setup import setup_partners, their_keys
from resources import pgp_home
from resources.database import Logins
from resources.home import ROOT, Home
from resources.loopback import LoopbackPartner, PartnerFolder
from resources.partners import load_partners
from resources.pgp import PartnerKey, keyring
from resources.record import Record
from resources.vault import load_or_create
from tests.delivery.files import put
from tests.support.bank import look
from tests.support.seed import DAY, night, seed

SEED = 20261122
MOMENT = dt.datetime(2026, 10, 1, 13, tzinfo=dt.UTC)
MARKED = "evergreen"  # its files are published by a marker, the others' by rename
TAKER = "brightsmile"  # takes each file at once: whether it has one can't be seen
PATIENCE_S = 120.0
# Where a mistake would show first: published, and not yet told. A few kills begin there; many go through all places.
WORST = [(TAKER, "_conclude 1"), (MARKED, "_conclude 1"), (TAKER, "_rename 1")]


class Counting(PartnerFolder):
    """A careful server that remembers each time a file is published."""

    published: ClassVar[Counter[str]] = Counter()

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        if MARKED in os.fsdecode(self._chroot):
            raise asyncssh.SFTPPermissionDenied("Files are not renamed here")
        super().rename(oldpath, newpath)
        name = os.fsdecode(newpath).rpartition("/")[2]
        self.published[name] += 1
        root = Path(os.fsdecode(self._chroot))
        if root.name == TAKER:
            (root / "inbox" / name).rename(root / "outbox" / name)

    def open(self, path: bytes, pflags: int, attrs: object) -> object:
        opened = super().open(path, pflags, attrs)
        if path.endswith(b".done") and pflags & asyncssh.FXF_EXCL:
            self.published[os.fsdecode(path).rpartition("/")[2].removesuffix(".done")] += 1
        return opened


class Victim:
    """A warmed-up process that releases when told."""

    def __init__(self) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DAYBOOK_", "DAGSTER_"))}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tests.faults.release_victim"],
            cwd=ROOT,
            env={**clean, "PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def release(self, order: dict[str, Any]) -> list[tuple[str, int]] | None:
        """Release; None when it died as told, else the places passed (`name nth`) with the calls after each."""
        said, errors = self.process.communicate(json.dumps(order) + "\n", timeout=PATIENCE_S)
        if self.process.returncode == -signal.SIGKILL:
            return None
        assert self.process.returncode == 0, errors[-2000:]
        seen: Counter[str] = Counter()
        passed = []
        for place, calls in json.loads(said.splitlines()[-1])["passed"]:
            seen[place] += 1
            passed.append((f"{place} {seen[place]}", calls))
        return passed

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


@dataclass
class Post:
    """The record, two partners and their server; files are put in, approved and released."""

    logins: Logins
    home: Home
    key: Path
    keyrings: Path
    files: dict[str, bytes] = field(default_factory=dict)  # name at the partner: its bytes
    _next: Victim = field(default_factory=Victim)

    def __post_init__(self) -> None:
        self.record = Record(self.logins.runtime)
        self.vault = load_or_create(self.key)
        seed(self.record, master__book=[{}], master__company=[{}])
        self.run = night(self.record)
        self.partners = load_partners(self.home.partners)

    def add(self, partner: str) -> None:
        """One more approved file for a partner."""
        number = len(self.files) + 1
        day = DAY + dt.timedelta(days=number)  # so that each is the first of its day
        data = put(self.record, self.vault, number, partner=partner, business_date=day, sequence=1)
        approve(Record(self.logins.releaser), 1, number, hashlib.sha256(data).digest(), "ruth")
        self.files[f"f{number}.txt.pgp"] = data

    def kill(self, place: str | None, later: int = 0) -> list[tuple[str, int]] | None:
        """A victim releases and dies there; meanwhile the next one warms up."""
        victim, self._next = self._next, Victim()
        run = {**asdict(self.run), "business_date": self.run.business_date.isoformat()}
        about = {"home": self.home.path, "key": self.key, "keyrings": self.keyrings}
        order = {k: str(v) for k, v in about.items()} | {"runtime": self.logins.runtime, "as_of": MOMENT.isoformat()}
        return victim.release({**order, "run": run, "place": place, "later": later})

    def finish(self) -> None:
        """The release of the next cut-off, undisturbed."""
        release(self.record, self.run, self.partners, self.vault, MOMENT)

    def stop(self) -> None:
        self._next.stop()

    def arrived(self) -> dict[str, bytes]:
        """What the partners hold, opened with their keys; a marked partner's only where the marker is."""
        held = {}
        for code in self.partners:
            there, ours = their_keys(self.home, code), self.partners[code].pgp.our_fingerprint
            key = PartnerKey("daybook", (there / "daybook.public.asc").read_bytes(), ours)
            inbox = self.home.counterparties / code / ("outbox" if code == TAKER else "inbox")
            with keyring((there / "pgp.secret.asc").read_bytes(), [key]) as ring:
                for path in inbox.glob("*.pgp"):
                    if code != MARKED or (inbox / f"{path.name}.done").exists():
                        held[path.name] = ring.decrypt_verified(path.read_bytes(), ours)
        return held

    def leftovers(self) -> list[str]:
        """Anything in the inboxes that is neither a file nor its marker."""
        found = [path for code in self.partners for path in (self.home.counterparties / code / "inbox").iterdir()]
        return [path.name for path in found if path.name.removesuffix(".done") not in self.files]


@pytest.fixture
def post(logins: Logins, tmp_path: Path) -> Iterator[Post]:
    base = Path(tempfile.mkdtemp(prefix="dbk-kills-"))
    keyrings = Path(tempfile.mkdtemp(prefix="dbk-rings-", dir=pgp_home.base()))
    home = Home(base / "var")
    codes = (BANK, MARKED, TAKER)
    setup_partners(home, [who for who in INVENTED if who.code in codes])
    profile = home.partners / f"{MARKED}.toml"
    profile.write_text(profile.read_text().replace("[sftp]", '[sftp]\nmode = "marker"'))
    users = {code: (their_keys(home, code) / "ssh.pub").read_text().strip() for code in codes}
    port = int((home.counterparties / "port").read_text())
    Counting.published.clear()
    with LoopbackPartner(home.counterparties, users, port=port, folder_class=Counting):
        running = Post(logins, home, tmp_path / "master.key", keyrings)
        yield running
        running.stop()
    for left in keyrings.iterdir():
        pgp_home.end(left)
    shutil.rmtree(keyrings)
    shutil.rmtree(base)


@pytest.mark.parametrize("kills", [6, pytest.param(200, marks=pytest.mark.long)])
def test_a_sender_killed_anywhere_loses_doubles_and_cuts_nothing(post: Post, kills: int) -> None:
    rng = random.Random(SEED)  # noqa: S311 - a schedule, not a secret
    phases: list[tuple[str, str, int]] = []  # partner, place, calls until the next place
    for partner in post.partners:
        post.add(partner)
        calm = post.kill(None)
        assert calm is not None
        phases += [(partner, place, calls) for place, calls in calm]
    rng.shuffle(phases)
    phases.sort(key=lambda phase: phase[:2] not in WORST)
    died: list[str] = []
    turn = 0
    while len(died) < kills:
        partner, place, calls = phases[turn % len(phases)]
        turn += 1
        post.add(partner)
        later = rng.randrange(calls)
        while post.kill(place, later) is None:
            died.append(f"{partner} {place} +{later}")
            # Some die again on the way of finding out what became of the first try.
            if rng.random() < 0.6:
                break
            place, calls = rng.choice([phase[1:] for phase in phases if phase[0] == partner])
            later = rng.randrange(calls)
        post.finish()
    told = f"seed {SEED}, killed at {died}"
    states = look(
        post.record,
        "SELECT f.name || '.pgp' AS name, f.partner, count(*) FILTER (WHERE e.state = 'sent')::int AS sent, "
        "(array_agg(e.state ORDER BY event_no DESC))[1] AS last FROM exchange.file f "
        "JOIN exchange.event e USING (company_id, file_id) GROUP BY 1, 2",
    )
    assert set(states["name"]) == set(post.files)
    for name, partner, sent, last in states.iter_rows():
        # Taken before we heard of it: only the partner can tell, and until then nothing is sent again.
        unknown = partner == TAKER and (sent, last) == (0, "unknown")
        assert (sent, last) == (1, "sent") or unknown, (name, partner, told)
    assert Counting.published == dict.fromkeys(post.files, 1), told
    assert post.arrived() == post.files, told
    assert post.leftovers() == [], told
    assert look(post.record, "SELECT count(*)::int FROM exchange.receipt").item() == states["sent"].sum()
