"""The allow-list: nothing is connected that a person has not agreed to, and the refusal says what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from formats.errors import SettingsError
from resources.allow_list import Allowed, AllowedEndpoint, AllowList, allowed_addresses, load_allow_list
from resources.endpoint import Endpoint, make_ssh_keypair, write_private
from resources.line import RefusedError
from resources.loopback import LoopbackPartner
from resources.transport import Outcome, connect, deliver

HOST_KEY = make_ssh_keypair().public_line
PGP = "A" * 40
LIST = """
countries = ["US", "CA"]
[endpoints.first-harbor]
country = "US"
hosts = ["sftp.first-harbor.example", "203.0.113.0/24"]
host_keys = ["SHA256:%s"]
pgp_keys = ["%s"]
"""


def endpoint(**more: object) -> Endpoint:
    about = {"host": "sftp.first-harbor.example", "host_key": HOST_KEY, "username": "x", "password": "env:X"}
    return Endpoint(**{"name": "first-harbor", **about, **more})


def allowed(**more: object) -> AllowList:
    entry = {
        "country": "US",
        "hosts": ("sftp.first-harbor.example", "203.0.113.0/24"),
        "host_keys": (endpoint().host_key_fingerprint,),
        "pgp_keys": (PGP,),
    }
    return AllowList(countries=("US",), endpoints={"first-harbor": Allowed(**{**entry, **more})})


def test_a_listed_endpoint_is_admitted_with_its_networks() -> None:
    door = allowed().admit("first-harbor", endpoint(), PGP)
    assert isinstance(door, AllowedEndpoint)
    assert door.networks == ("203.0.113.0/24",)
    assert door.model_dump(exclude={"networks"}) == endpoint().model_dump()
    assert allowed().admit("first-harbor", endpoint(host="203.0.113.9"), PGP).host == "203.0.113.9"
    assert allowed().admit("first-harbor", endpoint(host="SFTP.First-Harbor.example"), PGP)


@pytest.mark.parametrize(
    ("code", "change", "pgp", "entry", "words"),
    [
        ("second", {}, PGP, {}, "The partner is not on the allow-list"),
        ("first-harbor", {"host": "elsewhere.example"}, PGP, {}, "the host elsewhere.example"),
        ("first-harbor", {"host": "203.0.114.9"}, PGP, {}, "the host 203.0.114.9"),
        ("first-harbor", {}, PGP, {"country": "RU"}, "the country RU"),
        ("first-harbor", {"host_key": make_ssh_keypair().public_line}, PGP, {}, "the host key SHA256:"),
        ("first-harbor", {}, "B" * 40, {}, "the PGP key BBBB"),
    ],
    ids=["partner", "name", "address", "country", "host key", "pgp key"],
)
def test_what_is_not_listed_is_refused_by_name(
    code: str, change: dict[str, object], pgp: str, entry: dict[str, object], words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        allowed(**entry).admit(code, endpoint(**change), pgp)
    assert "nothing was connected" in caught.value.what
    assert "telephone" in caught.value.hint


def test_an_address_outside_the_networks_gets_no_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is right and leads to a foreign place: not a packet goes there."""
    pair = make_ssh_keypair()
    write_private(tmp_path / "key", pair.private)
    with LoopbackPartner(tmp_path / "root", {"bank": pair.public_line}) as server:
        door = AllowedEndpoint(
            name="bank",
            host="localhost",
            port=server.port,
            username="bank",
            private_key_path=tmp_path / "key",
            host_key=server.host_key_line,
            networks=("203.0.113.0/24",),
        )
        with monkeypatch.context() as patch:
            patch.setattr(socket, "create_connection", lambda *_: pytest.fail("connected"))
            said = deliver(door, b"file", "a.ach", lambda _: pytest.fail("a step was taken"))
        assert said.outcome is Outcome.FAILED
        assert "is not on the allow-list" in said.detail
        with pytest.raises(RefusedError), connect(door):
            pass
        here = door.model_copy(update={"networks": ("127.0.0.0/8",)})
        assert deliver(here, b"file", "a.ach", lambda _: None).outcome is Outcome.SENT
        assert server.logins


def test_of_several_addresses_only_listed_ones_are_tried() -> None:
    door = AllowedEndpoint(**endpoint().model_dump(), networks=("203.0.113.0/24", "2001:db8::/32"))
    assert allowed_addresses(door, ["198.51.100.1", "203.0.113.7", "2001:db8::1", "fe80::1%eth0"]) == [
        "203.0.113.7",
        "2001:db8::1",
    ]
    anywhere = door.model_copy(update={"networks": ()})
    assert allowed_addresses(anywhere, ["198.51.100.1"]) == ["198.51.100.1"]


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "exchange.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_the_file_as_a_person_writes_it(tmp_path: Path) -> None:
    known = load_allow_list(written(tmp_path, LIST % ("x" * 43, PGP), 0o644))
    assert known.countries == ("US", "CA")
    assert known.endpoints["first-harbor"].hosts == ("sftp.first-harbor.example", "203.0.113.0/24")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"US"\nhosts', '"usa"\nhosts', "endpoints.first-harbor.country"),
        ("203.0.113.0/24", "203.0.113.5/24", "is no network"),
        ("SHA256:", "MD5:", "endpoints.first-harbor.host_keys.0"),
        ("pgp_keys", "pgp_key", "endpoints.first-harbor.pgp_key"),
        ("countries", "country", "countries: Field required"),
        ("[endpoints", "[[endpoints", "is not TOML"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = LIST % ("x" * 43, PGP)
    assert old in text
    path = written(tmp_path, text.replace(old, new, 1))
    with pytest.raises(SettingsError) as caught:
        load_allow_list(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_list_and_one_that_others_can_change(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no file is exchanged with anybody"):
        load_allow_list(tmp_path / "exchange.toml")
    with pytest.raises(SettingsError, match="chmod go-w"):
        load_allow_list(written(tmp_path, LIST % ("x" * 43, PGP), 0o664))
