"""A gpg or an agent that hangs is ended in time, in words, and leaves no process and no home."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from formats.errors import SettingsError
from resources import pgp_home
from resources.pgp import KeyPair, PartnerKey, key_expiry, keyring, make_keypair
from resources.pgp_home import gpg_missing
from tests.support.hanging_gpg import hang

pytestmark = [
    pytest.mark.skipif(gpg_missing() is not None, reason=str(gpg_missing())),
    pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning"),
]

DATA = b"canary-plaintext " * 1000
SAID = r"gpg did not answer within \d seconds and was ended; nothing was made or opened \(Vendor B\)"
SOON_S = 40.0


@pytest.fixture(scope="module")
def us() -> KeyPair:
    return make_keypair("Daybook Administrator")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Homes of this test only; at the end all are gone, and soon."""
    made = Path(tempfile.mkdtemp(prefix="db", dir=pgp_home.base()))
    monkeypatch.setattr(pgp_home, "base", lambda: made)
    began = time.monotonic()
    yield made
    assert time.monotonic() - began < SOON_S
    assert list(made.iterdir()) == []
    shutil.rmtree(made)


def partner(pair: KeyPair) -> PartnerKey:
    return PartnerKey("Vendor B", pair.public_armor, pair.fingerprint)


@pytest.mark.parametrize("act", ["--list-config", "--import", "--import-ownertrust"])
def test_a_gpg_that_hangs_makes_no_keyring(
    act: str, us: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpg = hang(tmp_path, monkeypatch, act)
    with pytest.raises(SettingsError, match=SAID), keyring(us.secret_armor, [partner(us)]):
        pytest.fail("a keyring was made")
    assert gpg.slept()
    assert gpg.alive() == []


def test_nor_does_it_encrypt_or_open_and_the_keyring_lives_on(
    us: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with keyring(us.secret_armor, [partner(us)]) as ring:
        message = ring.encrypt_and_sign(DATA, us.fingerprint)
        for act in ("--encrypt", "--decrypt", "--list-keys"):
            with monkeypatch.context() as patch:
                gpg = hang(tmp_path, patch, act)
                ring._gpg.env = {**(ring._gpg.env or {}), "PATH": os.environ["PATH"]}
                with pytest.raises(SettingsError, match=SAID) as caught:
                    {
                        "--encrypt": lambda: ring.encrypt_and_sign(DATA * 100, us.fingerprint),
                        "--decrypt": lambda: ring.decrypt_verified(message, us.fingerprint),
                        "--list-keys": lambda: ring.usable_until(us.fingerprint),
                    }[act]()
            assert "canary" not in str(caught.value)
            assert gpg.alive() == []
        assert len(gpg.slept()) == 6
        assert ring.decrypt_verified(message, us.fingerprint) == DATA


@pytest.mark.parametrize("act", ["--gen-key", "--export-secret-key", "--dry-run"])
def test_nor_makes_or_reads_a_key(act: str, us: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gpg = hang(tmp_path, monkeypatch, act)
    with pytest.raises(SettingsError, match="did not answer within"):
        key_expiry(us.public_armor) if act == "--dry-run" else make_keypair("Nobody")
    assert gpg.slept()
    assert gpg.alive() == []


def test_an_agent_that_hangs_is_ended_with_its_gpg(us: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    with keyring(us.secret_armor, [partner(us)]) as ring:
        home = Path(ring._gpg.gnupghome)
        [agent] = pgp_home._processes(home)
        os.kill(agent, signal.SIGSTOP)
        monkeypatch.setattr(pgp_home, "PATIENCE_S", 1.0)
        with pytest.raises(SettingsError, match=SAID):
            ring.encrypt_and_sign(DATA, us.fingerprint)
        assert pgp_home._processes(home) == []
        monkeypatch.setattr(pgp_home, "PATIENCE_S", 60.0)
        monkeypatch.setattr(pgp_home, "_FAREWELL_S", 1.0)
        assert ring.encrypt_and_sign(DATA, us.fingerprint)  # by a new one
        [agent] = pgp_home._processes(home)
        os.kill(agent, signal.SIGSTOP)
    assert pgp_home._processes(home) == []


def test_a_large_message_has_its_time(us: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pgp_home, "PATIENCE_S", 0.0)
    with pgp_home.in_time("nowhere", size=pgp_home._BYTES_PER_S):
        time.sleep(0.1)
    with pytest.raises(SettingsError, match="did not answer"), pgp_home.in_time("nowhere", size=1):
        time.sleep(0.1)
