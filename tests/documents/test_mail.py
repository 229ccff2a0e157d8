"""Mail: one message per event, sent once, whatever the server does and whoever sends."""
# ruff: noqa: N802, ARG002 - the names and arguments of a handler are the mail library's

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assets.documents import mailing
from assets.documents.mailing import send_waiting
from assets.documents.steps import Room, render_night
from formats.errors import ExchangeError, SettingsError
from pipelines.simulate.mailsink import Keep, kept, mail_sink
from resources.mailer import Attachment, MailSettings, Outcome, connect, load_settings, message
from resources.record import Record
from tests.documents.conftest import billed, people, table
from tests.support import pdf
from tests.support.seed import DAY, night

NOON = dt.datetime(2026, 10, 1, 12, tzinfo=dt.UTC)
PDF = Attachment("invoice-1.pdf", b"%PDF-1.7 invented")


def settings(port: int, **more: Any) -> MailSettings:
    return MailSettings.model_validate(
        {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "sender": "billing@daybook.example",
            "timeout_s": 5,
            **more,
        }
    )


def letter(of: MailSettings, **more: Any) -> Any:
    known = {
        "name": "Harbor",
        "to": "m1@example.org",
        "subject": "Invoice 1",
        "text": "Hello",
        "key": "HARBOR/invoice/1",
    }
    return message(of, at=NOON, attached=PDF, **{**known, **more})


def now() -> dt.datetime:
    return NOON


class Moody(Keep):
    """Refuses, waits or hangs up as a test says: on the receiver, or on the message."""

    def __init__(self, folder: Path, on_rcpt: str = "", on_data: Callable[[Any], str] | None = None) -> None:
        super().__init__(folder)
        self.on_rcpt, self.on_data = on_rcpt, on_data

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.on_rcpt == "hang up":
            server.transport.abort()
        elif self.on_rcpt:
            return self.on_rcpt
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.on_data is None:
            return await super().handle_DATA(server, session, envelope)
        return self.on_data((self, server, bytes(envelope.content)))


def hang_up(told: Any) -> str:
    told[1].transport.abort()
    return "250 never heard"


def take_and_hang_up(told: Any) -> str:
    told[0].keep(told[2])
    return hang_up(told)


@pytest.mark.parametrize(
    ("on_rcpt", "on_data", "outcome"),
    [
        ("", None, Outcome.SENT),
        ("550 who is that, m1@example.org", None, Outcome.REFUSED),
        ("450 later", None, Outcome.FAILED),
        ("hang up", None, Outcome.FAILED),
        ("", lambda _: "552 too large", Outcome.REFUSED),
        ("", lambda _: "451 full", Outcome.FAILED),
        ("", hang_up, Outcome.UNKNOWN),
        ("", take_and_hang_up, Outcome.UNKNOWN),
    ],
)
def test_what_is_known_about_a_message(tmp_path: Path, on_rcpt: str, on_data: Any, outcome: Outcome) -> None:
    with mail_sink(tmp_path, Moody(tmp_path, on_rcpt, on_data)) as port:
        of = settings(port)
        with connect(of) as session:
            said = session.send(letter(of))
    assert said.outcome is outcome
    assert "example.org" not in said.detail
    assert len(kept(tmp_path)) == (outcome is Outcome.SENT or on_data is take_and_hang_up)


def test_a_server_that_does_not_answer_in_time_leaves_unknown(tmp_path: Path) -> None:
    class Slow(Keep):
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            await asyncio.sleep(2)
            return await super().handle_DATA(server, session, envelope)

    with mail_sink(tmp_path, Slow(tmp_path)) as port:
        of = settings(port, timeout_s=0.5)
        with connect(of) as session:
            assert session.send(letter(of)).outcome is Outcome.UNKNOWN
            assert session.lost


def test_a_message_arrives_as_it_was_written(tmp_path: Path) -> None:
    text = "Hello,\n.\n..\n.dot\nJosé — ¥\n"
    with mail_sink(tmp_path) as port:
        of = settings(port)
        with connect(of) as session:
            session.send(letter(of, text=text, subject="Für Ihr Konto"))
            session.send(letter(of, key="HARBOR/invoice/2"))
    mails = {str(m["Message-ID"]): m for m in kept(tmp_path)}
    assert len(mails) == 2
    mail = next(m for m in mails.values() if "Invoice 1" not in str(m["Subject"]))
    body, attached = mail.get_payload()  # type: ignore[misc]
    assert body.get_payload(decode=True).decode().replace("\r\n", "\n") == text  # type: ignore[union-attr]
    assert attached.get_payload(decode=True) == PDF.content  # type: ignore[union-attr]
    assert attached.get_filename() == "invoice-1.pdf"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "a@example.org\r\nBcc: b@example.org"},
        {"to": "a@example.org, b@example.org"},
        {"to": "a@example.org\n"},
        {"to": "nobody"},
        {"to": ""},
        {"subject": "Hello\nBcc: b@example.org"},
        {"name": "Harbor\r\nBcc: b@example.org"},
        {"key": "x\ny"},
    ],
)
def test_no_header_can_be_smuggled_in(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        letter(settings(25), **wrong)
    assert "example.org" not in str(refused.value)


def test_tls_is_verified(tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with mail_sink(tmp_path / "in", tls_context=context, require_starttls=True) as port:
        trusting = settings(port, host="localhost", security="starttls", ca_file=certificate)
        with connect(trusting) as session:
            assert session.send(letter(trusting)).outcome is Outcome.SENT
        with pytest.raises(ExchangeError, match="does not prove who it is"):
            connect(settings(port, host="localhost", security="starttls")).__enter__()
    with mail_sink(tmp_path / "in") as port, pytest.raises(ExchangeError, match="can't be reached"):
        connect(settings(port, host="localhost", security="starttls")).__enter__()  # not offered: not sent in the clear


def _certificate(folder: Path) -> tuple[Path, Path]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return paths


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('host = "mail.example.org"\nsecurity = "none"\nsender = "a@b.example"', "on this machine only"),
        ('host = "h"\nsender = "a@b.example"\nusername = "u"', "username and password"),
        ('host = "h"\nsender = "a@b.example"\nusername = "u"\npassword = "secret"', "password"),
        ('host = "h"\nsender = "nobody"', "sender"),
        ('host = "h"\nsender = "a@b.example"\nsecurty = "tls"', "securty"),
        ("host =", "can't be read"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "mail.toml"
    assert load_settings(path) is None
    path.write_text(text)
    with pytest.raises(SettingsError, match=told) as refused:
        load_settings(path)
    assert "secret" not in str(refused.value)


def test_each_message_is_sent_once_whoever_sends(record: Record, room: Room, tmp_path: Path) -> None:
    run = billed(record, people(3))
    render_night(room, run)
    assert send_waiting(room, run, None, now).states == {"waiting": 3}  # no server: they wait
    folder = tmp_path / "in"
    with mail_sink(folder) as port, ThreadPoolExecutor(2) as threads:
        of = settings(port)
        both = list(threads.map(lambda _: send_waiting(room, run, of, now), range(2)))
        assert sum(one.states.get("sent", 0) for one in both) == 3
        assert send_waiting(room, night(record), of, now).states == {}
    assert len(kept(folder)) == 3
    assert table(record, "billing.mail_event", columns="mail_id, event_no, state").rows() == [
        (m, n, state) for m in (1, 2, 3) for n, state in ((1, "sending"), (2, "sent"))
    ]
    mail = next(m for m in kept(folder) if m["To"] == "m2@example.org")
    assert mail["Subject"] == "Invoice 2, Harbor Plans"
    attached = mail.get_payload()[1].get_payload(decode=True)  # type: ignore[index, union-attr]
    assert "$372.40" in pdf.text(attached)  # type: ignore[arg-type]


def test_what_the_server_says_decides_who_is_tried_again(
    record: Record, room: Room, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    book = people(5)
    book["master__person"][2]["email"] = ""
    book["master__person"][3]["email"] = "not an address"
    run = billed(record, book)
    render_night(room, run)
    folder = tmp_path / "in"

    class Choosy(Moody):
        async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
            self.on_rcpt = {"m1@example.org": "550 no", "m2@example.org": "450 later"}.get(address, "")
            return await super().handle_RCPT(server, session, envelope, address, options)

    with mail_sink(folder, Choosy(folder)) as port, caplog.at_level(logging.DEBUG):
        first = send_waiting(room, run, settings(port), now)
    assert first.states == {"no_address": 2, "refused": 1, "failed": 1, "sent": 1}
    with mail_sink(folder) as port:
        again = send_waiting(room, night(record), settings(port), now)
    assert again.states == {"sent": 1, "no_address": 1}  # the one that is no address may have been corrected
    assert sorted(str(m["To"]) for m in kept(folder)) == ["m2@example.org", "m5@example.org"]
    assert "example.org" not in caplog.text
    assert "Ann" not in caplog.text


def test_a_crash_between_sending_and_sent_is_unknown_and_never_sent_again(
    record: Record, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = billed(record, people(2))
    render_night(room, run)
    folder = tmp_path / "in"
    real = mailing._tell

    def dies(*args: Any) -> None:
        if args[3] == Outcome.SENT:
            raise KeyboardInterrupt  # the server has it, and nobody wrote it down
        real(*args)

    with mail_sink(folder) as port:
        monkeypatch.setattr(mailing, "_tell", dies)
        with pytest.raises(KeyboardInterrupt):
            send_waiting(room, run, settings(port), now)
        monkeypatch.setattr(mailing, "_tell", real)
        again = send_waiting(room, night(record), settings(port), now)
        assert again.states == {"unknown": 1, "sent": 1}
        assert send_waiting(room, night(record), settings(port), now).states == {}
    assert len(kept(folder)) == 2


def test_a_server_out_of_reach_loses_nothing(record: Record, room: Room, tmp_path: Path) -> None:
    run = billed(record, people(1))
    render_night(room, run)
    with mail_sink(tmp_path / "in") as port:
        pass
    with pytest.raises(ExchangeError, match="can't be reached"):
        send_waiting(room, run, settings(port), now)
    assert table(record, "billing.mail_event").is_empty()
    with mail_sink(tmp_path / "in") as port:
        tomorrow = replace(night(record), business_date=DAY + dt.timedelta(1))
        assert send_waiting(room, tomorrow, settings(port), now).states == {"sent": 1}
