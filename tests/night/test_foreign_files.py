"""Files nobody here expected come in with one poll: each ends processed or named, and none of them moves money."""

from __future__ import annotations

import csv
import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.nights import exceptions, house
from pipelines.simulate.invented import BANK
from pipelines.simulate.mailbox import SUFFIX, opened
from pipelines.simulate.setup import their_keys
from resources.pgp import Keyring, PartnerKey, keyring
from tests.conftest import CORPUS
from tests.support.answers import answer_file, back
from tests.support.world import World

VENDOR = "evergreen"
RETURNS = [
    "ach/testdata/return-WEB.ach",
    "ach/testdata/cor-example.ach",
    "ach/testdata/iat-addenda99.ach",
    "ach/testdata/return-no-batch-controls.ach",
    "ach/testdata/return-no-file-header-control.ach",
    "ach/examples/contested-return.ach",
    "gateway/incoming/return.ach",
]
# An entry nobody here drafted.
STRANGER = {
    "trace_number": "091000010000001", "amount_cents": 12_345, "individual_id": "X-1", "sec": "PPD",
    "transaction_code": 27, "rdfi": "09100001",
}  # fmt: skip
MONEY = [
    "returns.returned", "returns.notice", "returns.account_stop", "banking.settlement", "ledger.journal",
    "ledger.posting", "banking.match",
]  # fmt: skip


@dataclass
class Poll:
    world: World
    keys: list[str]
    again: list[str]

    def rows(self, text: str) -> list[dict[str, Any]]:
        desk = self.world.desk
        with desk.record.step("t", run_no=0, companies=house(desk), business_date=self.world.script.date) as tx:
            return tx.select(text).to_dicts()

    def named(self, name: str) -> list[tuple[str, str]]:
        """Kind and detail of every exception of the file that came in under this name."""
        rows = self.rows(
            "SELECT i.name, x.kind, x.detail FROM exchange.exception x JOIN exchange.inbound i USING (sha256) "
            "ORDER BY x.position, x.kind"
        )
        return [(r["kind"], r["detail"]) for r in rows if r["name"].removesuffix(SUFFIX) == name]

    def was_processed(self, name: str) -> bool:
        done = self.rows("SELECT i.name FROM exchange.processed p JOIN exchange.inbound i USING (sha256)")
        return name in {r["name"].removesuffix(SUFFIX) for r in done}


def signing_for_us_as(world: World, code: str) -> AbstractContextManager[Keyring]:
    """A ring that encrypts for the key the bank knows of us, and signs with another partner's."""
    theirs = their_keys(world.home, BANK)
    pins = json.loads((theirs / "fingerprints.json").read_text(encoding="ascii"))
    ours = PartnerKey("daybook", (theirs / "daybook.public.asc").read_bytes(), pins["daybook"])
    return keyring((their_keys(world.home, code) / "pgp.secret.asc").read_bytes(), [ours])


@pytest.fixture(scope="module")
def poll(world: World) -> Poll:
    """Everything at once in the partners' outboxes, one poll, every new file's run, and the poll once more."""
    stranger = answer_file([back(STRANGER, "R01")])
    with opened(world.home, BANK) as bank, opened(world.home, VENDOR) as vendor:
        for path in RETURNS:
            if (CORPUS / "nacha" / path).is_file():
                bank.send(Path(path).name, (CORPUS / "nacha" / path).read_bytes())
        bank.send("a-strangers-return", stranger)
        bank.send("garbage", bytes(range(256)) * 40)
        bank.send("empty", b"")
        (bank.outbox / f"unsigned{SUFFIX}").write_bytes(answer_file([back(STRANGER, "R02")]))
        vendor.send("returns-from-a-vendor", answer_file([back(STRANGER, "R03")]))
        (bank.outbox / f"for-another-key{SUFFIX}").write_bytes(vendor.ring.encrypt_and_sign(stranger, vendor.sender))
    with signing_for_us_as(world, VENDOR) as forger:
        (bank.outbox / f"forged{SUFFIX}").write_bytes(forger.encrypt_and_sign(stranger, bank.sender))
    with world.runner() as runner:
        keys = runner.inbound(world.script.answered_on)
        return Poll(world, keys, runner.inbound(world.script.answered_on))


def test_returns_made_by_others_end_as_named_exceptions(poll: Poll, corpus: Path) -> None:
    with (corpus / "nacha" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        codes = {r["file"]: f"{r['return_codes']} {r['change_codes']}".split() for r in csv.DictReader(file)}
    for path in RETURNS:
        named = poll.named(Path(path).name)
        assert named, path
        assert poll.was_processed(Path(path).name), path
        told = " ".join(detail for _, detail in named)
        missing = [code for code in codes[path] if code not in told]
        # The answer to an answer carries the code it contests: its own comes first.
        assert not missing or "contested" in path, (path, named)
        assert all(kind and len(detail) > 20 for kind, detail in named)


def test_a_strangers_return_is_named_with_code_trace_and_amount(poll: Poll) -> None:
    assert poll.was_processed("a-strangers-return")
    assert poll.named("a-strangers-return") == [
        ("unmatched_return", "R01 of trace 091000010000001: a return that matches no entry of ours")
    ]
    cents = poll.rows("SELECT amount_cents FROM exchange.exception WHERE detail LIKE 'R01 of trace 09100001%'")
    assert cents == [{"amount_cents": 12_345}]


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("garbage", "unreadable", "neither an ACH file, a BAI2 statement nor an X12 acknowledgement"),
        ("empty", "unreadable", "it is empty"),
        ("unsigned", "unverified", "it is no PGP message"),
        ("for-another-key", "unverified", "encrypted for another key than ours"),
        ("forged", "unverified", "its signature does not hold"),
        ("returns-from-a-vendor", "unexpected_kind", "a vendor has no business sending a file of kind nacha"),
    ],
)
def test_what_can_not_be_trusted_or_read_is_named_and_never_run(poll: Poll, name: str, kind: str, words: str) -> None:
    (found,) = poll.named(name)
    assert found[0] == kind
    assert found[1].startswith(name), "says which file"
    assert words in found[1]
    assert not poll.was_processed(name)


def test_nothing_of_it_moves_money(poll: Poll) -> None:
    for table in MONEY:
        assert poll.rows(f"SELECT count(*) AS n FROM {table}") == [{"n": 0}], table


def test_each_file_had_a_run_and_a_second_poll_finds_nothing(poll: Poll) -> None:
    there = [p for p in RETURNS if (CORPUS / "nacha" / p).is_file()]
    assert len(poll.keys) == len(there) + 1
    assert poll.again == []
    assert exceptions(poll.world.desk) >= len(there) + 7
