"""Receive: each content once, nothing trusted before its signature, one bad file hinders nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.delivery.inbound import kind_of
from assets.delivery.receive import receive
from assets.steps import HOUSE, open_run
from formats.errors import ExchangeError
from resources.record import Record
from resources.sealed import FILE_IN
from resources.vault import Vault
from tests.support.bank import BANK, look
from tests.support.counterparties import Counterparties
from tests.support.hanging_gpg import hang
from tests.support.seed import DAY, seed

STATEMENT = b"01,011000992,DAYBOOK,261002,0600,1,80,,2/\n"
RETURN = b"1011123456789 0110009922610020600A094101" + b" " * 53 + b"\n"
ANSWER = (
    b"ISA*00*          *00*          *ZZ*EVERGREEN      *ZZ*DAYBOOK        *261002*0600*^*00501*000000001*0*P*:~TA1*1~"
)


def take(record: Record, vault: Vault, world: Counterparties) -> list[str]:
    run = open_run(record, job="receive", book=HOUSE, business_date=DAY)
    return receive(record, run, world.partners, vault)


def test_each_content_once_and_the_bad_named(record: Record, vault: Vault, counterparties: Counterparties) -> None:
    seed(record, master__book=[{}], master__company=[{}])
    counterparties.leave("b.pgp", STATEMENT)
    counterparties.leave("a-again.pgp", STATEMENT)  # the same in another envelope, under another name
    counterparties.leave("c.pgp", RETURN)
    counterparties.leave("forged.pgp", RETURN + b"x", signer="evergreen")
    counterparties.leave("odd.pgp", b"\x00\x01 nothing we know")
    # Nobody vouched for these bytes; they must not pass for the true file, which comes after them.
    (counterparties.box("outbox") / "a-clear.txt").write_bytes(RETURN)
    counterparties.leave("999.pgp", ANSWER, code="evergreen")
    counterparties.leave("money.pgp", RETURN + b"from a vendor", code="evergreen")
    fresh = take(record, vault, counterparties)
    inbound = look(record, "SELECT encode(sha256, 'hex') AS sha256, partner, kind, sealed FROM exchange.inbound")
    kinds = dict(inbound.select("sha256", "kind").iter_rows())
    assert [kinds[sha256] for sha256 in fresh] == ["nacha", "bai2", "x12_ack"]
    waiting = record.read("delivery/inbound_waiting")["sha256"].to_list()
    assert waiting == fresh
    statement = inbound.filter(kind="bai2").row(0, named=True)
    assert vault.open_bytes(0, FILE_IN, statement["sealed"]) == STATEMENT
    named = look(record, "SELECT kind, detail FROM exchange.exception ORDER BY kind, detail")
    assert named["kind"].to_list() == ["unexpected_kind", "unreadable", "unverified", "unverified"]
    assert named["detail"][3].startswith("forged.pgp: The message is not accepted: it")
    assert take(record, vault, counterparties) == []
    assert look(record, "SELECT 1 FROM exchange.arrival").height == 8


def test_a_partner_out_of_reach_does_not_hinder_the_others(
    record: Record, vault: Vault, counterparties: Counterparties
) -> None:
    seed(record, master__book=[{}], master__company=[{}])
    gone = counterparties.partners["evergreen"]
    gone = gone.model_copy(update={"sftp": gone.sftp.model_copy(update={"port": 9})})
    counterparties.leave("b.pgp", STATEMENT)
    run = open_run(record, job="receive", book=HOUSE, business_date=DAY)
    with pytest.raises(ExchangeError, match="no partner could be reached"):
        receive(record, run, {"evergreen": gone}, vault)
    assert len(receive(record, run, {"evergreen": gone, BANK: counterparties.partners[BANK]}, vault)) == 1


def test_a_gpg_that_hangs_at_a_file_says_nothing_of_it_and_the_next_poll_takes_it(
    record: Record, vault: Vault, counterparties: Counterparties, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(record, master__book=[{}], master__company=[{}])
    counterparties.leave("b.pgp", STATEMENT)
    with monkeypatch.context() as patch:
        gpg = hang(tmp_path, patch, "--decrypt")
        assert take(record, vault, counterparties) == []
    assert gpg.slept()
    assert gpg.alive() == []
    assert look(record, "SELECT 1 FROM exchange.arrival").is_empty()
    assert len(take(record, vault, counterparties)) == 1


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (RETURN, "nacha"),
        (b"\n" + RETURN, "nacha"),
        (b"5225FIRST", "nacha"),
        (STATEMENT, "bai2"),
        (ANSWER, "x12_ack"),
        (ANSWER.replace(b"*", b"|"), "x12_ack"),
        (ANSWER.replace(b"TA1*1", b"ST*834*1"), "edi834"),
        (ANSWER.decode().encode("utf-16"), "x12_ack"),
        (b"Re: your file\n" + ANSWER, "x12_ack"),
        (b"AK1*BE*1~AK9*A*1*1*1~", "x12_ack"),
        (b"ISA*00**00**ZZ*E*ZZ*D*261002*0600*^*00501*1*0*P*:~TA1*1*261002*0600*A*000~", "x12_ack"),
        (b"INS*Y*18*030*XN*A~REF*0F*M1~NM1*IL*1*DOE~", "edi834"),
        (b"<html>502 Bad Gateway</html>", "unreadable"),
        (b"", "unreadable"),
        (b"PK\x03\x04", "unreadable"),
    ],
)
def test_kinds_are_told_by_how_they_begin(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind
