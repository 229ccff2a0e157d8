"""What a server refuses is told as it is; what can't be an endpoint or a name is refused before any packet."""

import re
from pathlib import Path

import asyncssh
import pytest

from formats.errors import SettingsError
from resources.endpoint import make_ssh_keypair, write_private
from resources.loopback import PartnerFolder
from resources.sending import Outcome
from resources.transport import AllowedEndpoint, deliver
from tests.resources.proxy import FaultProxy
from tests.resources.transport.conftest import DATA, NAME, Partner, final_files, loopback_partner, openssh_partner


def test_another_host_key_stops_before_the_login(loopback: Partner, tmp_path: Path, our_key: tuple[Path, str]) -> None:
    imposter = loopback_partner(tmp_path / "imposter", our_key)
    try:
        endpoint = imposter.endpoint.model_copy(update={"host_key": loopback.endpoint.host_key})
        result = deliver(endpoint, DATA, NAME, lambda _: pytest.fail("a step was taken"))
        logins = imposter.stop.__self__.logins
    finally:
        imposter.stop()
    assert result.outcome is Outcome.FAILED
    assert "not the pinned one" in result.detail
    assert logins == []
    assert list(imposter.inbox.iterdir()) == []


def test_openssh_with_another_host_key_or_key_type_is_refused(tmp_path: Path, our_key: tuple[Path, str]) -> None:
    partner = openssh_partner(tmp_path / "partner", our_key)
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048).export_public_key().decode().strip()
    try:
        for line, words in ((make_ssh_keypair().public_line, "not the pinned one"), (rsa, "has no ssh-rsa key")):
            endpoint = partner.endpoint.model_copy(update={"host_key": line})
            result = deliver(endpoint, DATA, NAME, lambda _: pytest.fail("a step was taken"))
            assert result.outcome is Outcome.FAILED
            assert words in result.detail
    finally:
        partner.stop()


def test_a_key_the_server_does_not_know_is_refused(partner: Partner, tmp_path: Path) -> None:
    write_private(tmp_path / "stranger", make_ssh_keypair().private)
    endpoint = partner.endpoint.model_copy(update={"private_key_path": tmp_path / "stranger"})
    result = deliver(endpoint, DATA, NAME, lambda _: pytest.fail("a step was taken"))
    assert result.outcome is Outcome.FAILED
    assert "login" in result.detail


def test_password_login(tmp_path: Path, our_key: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    partner = loopback_partner(tmp_path / "partner", our_key, passwords={"daybook": "correct horse"})
    endpoint = partner.endpoint.model_copy(update={"private_key_path": None, "password": "env:PARTNER_PASSWORD"})
    try:
        with pytest.raises(SettingsError, match="PARTNER_PASSWORD is not set"):
            deliver(endpoint, DATA, NAME, lambda _: None)
        monkeypatch.setenv("PARTNER_PASSWORD", "battery staple")
        wrong = deliver(endpoint, DATA, NAME, lambda _: None)
        monkeypatch.setenv("PARTNER_PASSWORD", "correct horse")
        right = deliver(endpoint, DATA, NAME, lambda _: None)
    finally:
        partner.stop()
    assert (wrong.outcome, right.outcome) == (Outcome.FAILED, Outcome.SENT)
    assert "battery" not in wrong.detail


class FullDisk(PartnerFolder):
    """Takes 60,000 bytes, then has no space."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        if offset > 60_000:
            raise asyncssh.SFTPFailure("No space left on device")
        return super().write(file_obj, offset, data)


class NoWriting(PartnerFolder):
    """May be read only."""

    def open(self, path: bytes, pflags: int, attrs: object) -> object:
        if pflags & asyncssh.FXF_WRITE:
            raise asyncssh.SFTPPermissionDenied("Permission denied")
        return super().open(path, pflags, attrs)


class NoRenaming(PartnerFolder):
    """Uploads are welcome, renames are not."""

    def rename(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002
        raise asyncssh.SFTPPermissionDenied("Rename is not for you")


class Forgetful(PartnerFolder):
    """Says yes to every write and keeps nothing past the first piece."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        return len(data) if offset else super().write(file_obj, offset, data)


class Eager(PartnerFolder):
    """Renames, then answers with a failure."""

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        super().rename(oldpath, newpath)
        raise asyncssh.SFTPFailure("Something else went wrong")


@pytest.mark.parametrize(
    ("folder_class", "outcome", "words"),
    [
        (FullDisk, Outcome.FAILED, "No space left|quota full"),
        (NoWriting, Outcome.FAILED, "Permission denied"),
        (NoRenaming, Outcome.FAILED, "not for you"),
        (Forgetful, Outcome.FAILED, "not what was sent"),
        (Eager, Outcome.SENT, "was already there"),
    ],
)
def test_what_the_server_refuses_is_reported_as_it_is(
    tmp_path: Path, our_key: tuple[Path, str], folder_class: type[PartnerFolder], outcome: Outcome, words: str
) -> None:
    partner = loopback_partner(tmp_path / "partner", our_key, folder_class=folder_class)
    try:
        result = deliver(partner.endpoint, DATA, NAME, lambda _: None)
    finally:
        partner.stop()
    assert result.outcome is outcome
    assert re.search(words, result.detail)
    assert (NAME in final_files(partner)) == (outcome is Outcome.SENT)


def test_a_read_only_openssh_is_failed(tmp_path: Path, our_key: tuple[Path, str]) -> None:
    partner = openssh_partner(tmp_path / "partner", our_key, options="-R")
    try:
        result = deliver(partner.endpoint, DATA, NAME, lambda _: None)
    finally:
        partner.stop()
    assert result.outcome is Outcome.FAILED
    assert list(partner.inbox.iterdir()) == []


def test_a_missing_inbox_is_failed(partner: Partner) -> None:
    partner.inbox.rmdir()
    assert deliver(partner.endpoint, DATA, NAME, lambda _: None).outcome is Outcome.FAILED


# ---- settings ----


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x.part", "two words", "x" * 181, "nul\0"])
def test_names_that_no_template_may_make(loopback: Partner, name: str) -> None:
    with pytest.raises(SettingsError, match="file name"):
        deliver(loopback.endpoint, DATA, name, lambda _: None)


def test_an_unfit_key_file_is_a_settings_error_before_any_packet(loopback: Partner, our_key: tuple[Path, str]) -> None:
    path = our_key[0]
    with FaultProxy(loopback.endpoint.port) as proxy:
        path.chmod(0o644)
        with pytest.raises(SettingsError, match="chmod 600"):
            deliver(loopback.through(proxy), DATA, NAME, lambda _: None)
        path.chmod(0o600)
        path.write_text("not a key")
        with pytest.raises(SettingsError, match="not an SSH private key"):
            deliver(loopback.through(proxy), DATA, NAME, lambda _: None)
        path.unlink()
        with pytest.raises(SettingsError, match="Cannot read"):
            deliver(loopback.through(proxy), DATA, NAME, lambda _: None)
        assert proxy.accepted == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"host_key": "ssh-dss AAAA"}, "host_key must be"),
        ({"host_key": "ssh-ed25519 ???"}, "not base64"),
        ({"host_key": "ssh-ed25519 AAAAB3NzaC1yc2E="}, "names one key type"),
        ({"password": "hunter2"}, "password"),
        ({"password": "env:X"}, "not both"),
        ({"private_key_path": None}, "not both"),
    ],
)
def test_endpoints_that_cannot_be(loopback: Partner, change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        AllowedEndpoint.model_validate(loopback.endpoint.model_dump() | change)
    assert "hunter2" not in str(caught.value)
