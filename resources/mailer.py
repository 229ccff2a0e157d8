"""Mail out: one SMTP session that tells the truth about each message. assets/documents/mailing.py keeps its record.

A server that answers after the message's last byte decides: taken or not. Before that byte it has nothing; when the
line breaks between the byte and the answer nobody can know, and the message is `UNKNOWN`, never sent again blindly.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import smtplib
import ssl
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from formats.errors import ExchangeError, SettingsError
from resources.endpoint import REFERENCE, read_secret

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,190}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
Address = Annotated[str, StringConstraints(pattern=f"^{ADDRESS.pattern.replace('(?=.{4,190}$)', '')}$", max_length=254)]
_TRY_LATER = range(400, 500)


class MailSettings(BaseModel):
    """The SMTP server mail leaves through (`mail.toml` in the home). Frozen; holds no password.

    `security`: `starttls` or `tls` from the first byte; always verified. `none`: to this machine only.
    `password` is a reference: `env:NAME` or `file:/path` (readable by the owner only). `ca_file`: a certificate
    authority of one's own. Timeouts are seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: Annotated[str, StringConstraints(min_length=1, max_length=128)] | None = None
    password: Annotated[str, StringConstraints(pattern=REFERENCE)] | None = None
    sender: Address
    ca_file: Path | None = None
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 30.0

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.security == "none" and not _is_here(self.host):
            raise ValueError("security = none is for a server on this machine only")
        if (self.username is None) != (self.password is None):
            raise ValueError("give username and password (a reference) or neither")
        if self.security == "none" and self.password is not None:
            raise ValueError("a password does not go over a line that is not encrypted")
        return self

    @property
    def where(self) -> str:
        """The server for messages."""
        return f"mail server {self.host}:{self.port}"


def load_settings(path: Path) -> MailSettings | None:
    """The settings of the file, or None when there is none: then mail waits.

    Raises:
        SettingsError: it is there and wrong; names the keys.
    """
    if not path.exists():
        return None
    try:
        return MailSettings.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"the mail settings can't be read: {error}", where=str(path)) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors(include_input=False, include_url=False)
        )
        raise SettingsError(f"the mail settings have wrong values: {faults}", where=str(path)) from None


class Outcome(StrEnum):
    """What is known about one message."""

    SENT = "sent"  # the server took it
    REFUSED = "refused"  # the server said no, for good
    FAILED = "failed"  # the server does not have it; trying again is safe
    UNKNOWN = "unknown"  # nobody can know


@dataclass(frozen=True)
class Sent:
    """Outcome and a detail that names nobody: the server's own words can quote an address and are left out."""

    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    content: bytes = field(repr=False)


def message(
    settings: MailSettings, *, name: str, to: str, subject: str, text: str, key: str, at: datetime, attached: Attachment
) -> EmailMessage:
    """One message, ready to be sent. Its Message-ID follows from `key`, so that a double can be recognised.

    Args:
        settings: whose `sender` it comes from.
        name: of the sender, as the receiver sees it.
        to: one address.
        subject: one line.
        text: the body.
        key: what this message is, for ever.
        at: the moment it says it was written.
        attached: a PDF.

    Raises:
        SettingsError: an address is none, or a header would hold a line break. Names no value.
    """
    if not ADDRESS.fullmatch(to):
        raise SettingsError("the address is not one")
    if any(re.search(r"[\x00-\x1f\x7f]", value) for value in (name, subject, key, attached.name)):
        raise SettingsError("a header would hold a line break")
    made = EmailMessage(policy=SMTP)
    try:
        made["From"] = formataddr((name, settings.sender))
        made["To"] = to
        made["Subject"] = subject
        made["Date"] = format_datetime(at)
        domain = settings.sender.rpartition("@")[2]
        made["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(text)
    except (ValueError, MessageError):
        raise SettingsError("a header would hold what a header can't hold") from None
    made.add_attachment(attached.content, maintype="application", subtype="pdf", filename=attached.name)
    return made


class Session:
    """One open connection to the server. Use it through `connect`."""

    def __init__(self, smtp: smtplib.SMTP, sender: str) -> None:
        self._smtp, self._sender = smtp, sender
        self.lost = False  # after that nothing more can be sent here

    def send(self, letter: EmailMessage) -> Sent:
        """Send one message to its one receiver and say what is known about it. Never raises for network trouble."""
        said = self._envelope(str(letter["To"]))
        if said is not None:
            return said
        body = re.sub(rb"(?m)^\.", b"..", letter.as_bytes())  # a line with a dot alone would end the message
        try:
            # From its last byte on the message may have been taken.
            self._smtp.send(body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            code, _ = self._smtp.getreply()
        except (OSError, smtplib.SMTPException):
            self.lost = True
            return Sent(Outcome.UNKNOWN, "the line broke before the server said whether it took the message")
        return _judged(code, "the message") or Sent(Outcome.SENT, "taken by the server")

    def _envelope(self, to: str) -> Sent | None:
        """Sender, receiver, and whether the server waits for the message; None when it does."""
        try:
            code, _ = self._smtp.mail(self._sender)
            no = _judged(code, "the sender")
            if no is None:
                code, _ = self._smtp.rcpt(to)
                no = _judged(code, "the receiver")
            if no is not None:
                self._reset()
                return no
            code, _ = self._smtp.docmd("DATA")
        except (OSError, smtplib.SMTPException):
            self.lost = True
            return Sent(Outcome.FAILED, "the line broke before the message was handed over")
        if code == 354:
            return None
        self._reset()
        return _judged(code, "the message") or Sent(Outcome.FAILED, f"the server answered DATA with {code}")

    def _reset(self) -> None:
        try:
            self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.lost = True


@contextmanager
def connect(settings: MailSettings) -> Iterator[Session]:
    """A session for the length of a block.

    Raises:
        ExchangeError: the server can't be reached, does not prove who it is, or refuses the login.
        SettingsError: the password can't be read.
    """
    password = read_secret(settings.password, where=settings.where) if settings.password else None
    smtp = _opened(settings)
    try:
        if settings.username is not None and password is not None:
            try:
                smtp.login(settings.username, password)
            except smtplib.SMTPException:
                # Its text can hold the name.
                raise ExchangeError("the mail server refused the login", where=settings.where) from None
        yield Session(smtp, settings.sender)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


def _opened(settings: MailSettings) -> smtplib.SMTP:
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.security == "tls":
            return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout_s, context=context)
        smtp = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)
        try:
            if settings.security == "starttls":
                smtp.starttls(context=context)  # raises when the server does not offer it
            smtp.ehlo_or_helo_if_needed()
        except BaseException:
            smtp.close()
            raise
    except ssl.SSLError as error:
        raise ExchangeError(
            f"the mail server does not prove who it is: {error.reason or 'TLS failed'}", where=settings.where
        ) from None
    except (OSError, smtplib.SMTPException) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise ExchangeError(
            f"the mail server can't be reached: {words}", where=settings.where, hint="nothing was sent; run it again"
        ) from None
    return smtp


def _judged(code: int, what: str) -> Sent | None:
    """None for yes."""
    if code in _TRY_LATER:
        return Sent(Outcome.FAILED, f"the server can't take {what} now ({code})")
    if not 200 <= code < 300:
        return Sent(Outcome.REFUSED, f"the server refused {what} ({code})")
    return None


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
