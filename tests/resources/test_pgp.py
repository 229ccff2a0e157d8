"""PGP: only what a pinned key signed is opened, and nothing stays behind."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from formats.errors import ExchangeError, SettingsError
from resources import pgp
from resources.pgp import KeyPair, PartnerKey, gpg_missing, keyring, make_keypair

pytestmark = pytest.mark.skipif(gpg_missing() is not None, reason=str(gpg_missing()))

DATA = b"canary-plaintext 6220210000211234567890\n" * 1000


def homes() -> set[Path]:
    return set(pgp._base().glob("dbpgp-*"))


def agents() -> list[str]:
    """Command lines of gpg-agents that serve one of our homes."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if "gpg-agent" in line and f"{pgp._base()}/dbpgp-" in line:
            found.append(line)
    return found


def wait_until_gone() -> list[str]:
    for _ in range(50):
        if not agents():
            break
        time.sleep(0.1)
    return agents()


@pytest.fixture(scope="module", autouse=True)
def own_folder() -> Iterator[None]:
    """Homes of this module only: other tests have theirs in the usual folder meanwhile."""
    folder = Path(tempfile.mkdtemp(prefix="db", dir=pgp._base()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pgp, "_base", lambda: folder)
        yield
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def us(own_folder: None) -> KeyPair:
    return make_keypair("Daybook Administrator")


@pytest.fixture(scope="module")
def bank(own_folder: None) -> KeyPair:
    return make_keypair("First Loopback Bank")


@pytest.fixture(scope="module")
def stranger(own_folder: None) -> KeyPair:
    return make_keypair("Somebody Else")


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    before = homes()
    yield
    assert homes() <= before
    assert wait_until_gone() == []


def known(partner: str, pair: KeyPair) -> PartnerKey:
    return PartnerKey(partner, pair.public_armor, pair.fingerprint)


def from_bank(us: KeyPair, bank: KeyPair, data: bytes = DATA) -> bytes:
    with keyring(bank.secret_armor, [known("us", us)]) as ring:
        return ring.encrypt_and_sign(data, us.fingerprint)


def other_message(signer: KeyPair | None, us: KeyPair, *, second_signer: KeyPair | None = None) -> bytes:
    """A message made without our module: encrypted to us, signed by `signer` or by nobody."""
    with pgp._home() as gpg:
        gpg.import_keys(us.public_armor)
        arguments = ["--trust-model", "always"]
        for pair in (signer, second_signer):
            if pair is not None:
                gpg.import_keys(pair.secret_armor)
                arguments += ["-u", pair.fingerprint]
        return bytes(
            gpg.encrypt(DATA, [us.fingerprint], sign=signer is not None, armor=False, extra_args=arguments).data
        )


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_what_is_encrypted_and_signed_comes_back(us: KeyPair, bank: KeyPair, size: int) -> None:
    data = os.urandom(size)
    message = from_bank(us, bank, data)
    assert not message.startswith(b"-----BEGIN")
    assert size < 100 or data[:100] not in message
    with keyring(us.secret_armor, [known("bank", bank)]) as ring:
        assert ring.own_fingerprint == us.fingerprint
        assert ring.decrypt_verified(message, bank.fingerprint) == data
        assert ring.decrypt_verified(message, " ".join(bank.fingerprint.lower())) == data


def test_an_unsigned_message_is_refused(us: KeyPair, bank: KeyPair) -> None:
    with (
        keyring(us.secret_armor, [known("Bank A", bank)]) as ring,
        pytest.raises(ExchangeError, match=r"not signed \(Bank A\)") as caught,
    ):
        ring.decrypt_verified(other_message(None, us), bank.fingerprint)
    assert "canary" not in str(caught.value)


def test_a_stranger_or_another_partner_as_signer_is_refused(us: KeyPair, bank: KeyPair, stranger: KeyPair) -> None:
    message = other_message(stranger, us)
    with keyring(us.secret_armor, [known("bank", bank)]) as ring:
        with pytest.raises(ExchangeError, match="does not hold"):
            ring.decrypt_verified(message, bank.fingerprint)
        with pytest.raises(ExchangeError, match="not pinned"):
            ring.decrypt_verified(message, stranger.fingerprint)
    with (
        keyring(us.secret_armor, [known("bank", bank), known("vendor", stranger)]) as ring,
        pytest.raises(ExchangeError, match="another key"),
    ):
        ring.decrypt_verified(message, bank.fingerprint)


def test_a_second_signature_beside_the_right_one_is_refused(us: KeyPair, bank: KeyPair, stranger: KeyPair) -> None:
    message = other_message(bank, us, second_signer=stranger)
    with (
        keyring(us.secret_armor, [known("bank", bank), known("vendor", stranger)]) as ring,
        pytest.raises(ExchangeError, match="more than one signature"),
    ):
        ring.decrypt_verified(message, bank.fingerprint)


def test_any_altered_byte_is_refused(us: KeyPair, bank: KeyPair) -> None:
    message = from_bank(us, bank)
    with keyring(us.secret_armor, [known("bank", bank)]) as ring:
        for at in (len(message) // 3, len(message) // 2, len(message) - 3):
            altered = message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]
            with pytest.raises(ExchangeError, match="bank"):
                ring.decrypt_verified(altered, bank.fingerprint)
        for cut in (b"", b"not pgp at all", message[:-20]):
            with pytest.raises(ExchangeError, match="bank"):
                ring.decrypt_verified(cut, bank.fingerprint)


def test_signed_but_not_encrypted_is_refused(us: KeyPair, bank: KeyPair) -> None:
    with pgp._home() as gpg:
        gpg.import_keys(bank.secret_armor)
        signed = bytes(gpg.sign(DATA, keyid=bank.fingerprint, clearsign=False, binary=True).data)
    with keyring(us.secret_armor, [known("bank", bank)]) as ring, pytest.raises(ExchangeError):
        ring.decrypt_verified(signed, bank.fingerprint)


def test_a_message_for_somebody_else_is_refused(us: KeyPair, bank: KeyPair, stranger: KeyPair) -> None:
    message = from_bank(us, bank)
    with (
        keyring(stranger.secret_armor, [known("bank", bank)]) as ring,
        pytest.raises(ExchangeError, match="no secret key"),
    ):
        ring.decrypt_verified(message, bank.fingerprint)


def test_a_bomb_is_stopped(us: KeyPair, bank: KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    message = from_bank(us, bank, bytes(8_000_000))
    assert len(message) < 100_000
    monkeypatch.setattr(pgp, "MAX_PLAIN_BYTES", 1_000_000)
    with keyring(us.secret_armor, [known("bank", bank)]) as ring, pytest.raises(ExchangeError):
        ring.decrypt_verified(message, bank.fingerprint)


def unusable_key_and_message(
    us: KeyPair, clock: str, *, expires: str = "0", revoked: bool = False
) -> tuple[KeyPair, bytes]:
    """A key made at a moment of another clock, and what it signed for us at that moment, before it was revoked."""
    with pgp._home() as gpg:
        gpg.options += ["--faked-system-time", clock, "--ignore-time-conflict", "--ignore-valid-from"]
        made = gpg.gen_key(
            gpg.gen_key_input(
                key_type="EDDSA",
                key_curve="ed25519",
                subkey_type="ECDH",
                subkey_curve="cv25519",
                name_real="Unusable",
                expire_date=expires,
                no_protection=True,
            )
        )
        gpg.import_keys(us.public_armor)
        message = gpg.encrypt(DATA, [us.fingerprint], sign=made.fingerprint, armor=False, always_trust=True)
        if revoked:
            statement = Path(gpg.gnupghome, "openpgp-revocs.d", f"{made.fingerprint}.rev").read_text()
            gpg.import_keys(statement.replace("\n:-----BEGIN", "\n-----BEGIN"))
        public = gpg.export_keys(made.fingerprint).encode()
    assert message.ok
    return KeyPair(b"", public, made.fingerprint), bytes(message.data)


def test_an_expired_key_is_refused_both_ways_and_names_the_partner(us: KeyPair) -> None:
    gone, message = unusable_key_and_message(us, "20200102T030405", expires="1d")
    with keyring(us.secret_armor, [known("Vendor B", gone)]) as ring:
        with pytest.raises(ExchangeError, match="Vendor B"):
            ring.encrypt_and_sign(DATA * 200, gone.fingerprint)
        with pytest.raises(ExchangeError, match=r"expired\) \(Vendor B"):
            ring.decrypt_verified(message, gone.fingerprint)


def test_a_revoked_key_is_refused_both_ways(us: KeyPair) -> None:
    gone, message = unusable_key_and_message(us, f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}", revoked=True)
    with keyring(us.secret_armor, [known("Vendor B", gone)]) as ring:
        with pytest.raises(ExchangeError, match="Vendor B"):
            ring.encrypt_and_sign(DATA, gone.fingerprint)
        with pytest.raises(ExchangeError, match=r"does not hold .* \(Vendor B"):
            ring.decrypt_verified(message, gone.fingerprint)


def test_a_key_that_is_not_valid_yet_makes_no_keyring(us: KeyPair) -> None:
    next_year = dt.datetime.now(dt.UTC) + dt.timedelta(days=400)
    early, _ = unusable_key_and_message(us, f"{next_year:%Y%m%dT%H%M%S}")
    with pytest.raises(ExchangeError, match="Vendor B"), keyring(us.secret_armor, [known("Vendor B", early)]):
        pytest.fail("a keyring was made")


def test_a_partner_whose_clock_runs_ahead_is_heard(us: KeyPair, bank: KeyPair) -> None:
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    with pgp._home() as gpg:
        gpg.options += ["--faked-system-time", f"{tomorrow:%Y%m%dT%H%M%S}"]
        for key in (us.public_armor, bank.secret_armor):
            gpg.import_keys(key)
        message = gpg.encrypt(DATA, [us.fingerprint], sign=bank.fingerprint, armor=False, always_trust=True)
    with keyring(us.secret_armor, [known("bank", bank)]) as ring:
        assert ring.decrypt_verified(bytes(message.data), bank.fingerprint) == DATA


def test_a_swapped_key_is_refused_and_names_the_partner(us: KeyPair, bank: KeyPair, stranger: KeyPair) -> None:
    for swapped in (stranger.public_armor, bank.public_armor + stranger.public_armor, b"", b"junk"):
        with (
            pytest.raises(ExchangeError, match="Bank A"),
            keyring(us.secret_armor, [PartnerKey("Bank A", swapped, bank.fingerprint)]),
        ):
            pytest.fail("a keyring was made")


def test_our_own_key_must_be_one_secret_key(us: KeyPair, bank: KeyPair) -> None:
    for wrong in (us.public_armor, b"", us.secret_armor + bank.secret_armor):
        with pytest.raises(SettingsError, match="secret key"), keyring(wrong, []):
            pytest.fail("a keyring was made")


def test_a_short_key_id_is_no_pin(us: KeyPair, bank: KeyPair) -> None:
    with (
        pytest.raises(SettingsError, match="whole fingerprint"),
        keyring(us.secret_armor, [PartnerKey("bank", bank.public_armor, bank.fingerprint[-16:])]),
    ):
        pytest.fail("a keyring was made")


def test_no_plain_text_is_written_anywhere(
    us: KeyPair, bank: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pgp.tempfile, "tempdir", str(tmp_path))
    message = from_bank(us, bank)
    with keyring(us.secret_armor, [known("bank", bank)]) as ring:
        ring.decrypt_verified(message, bank.fingerprint)
        with pytest.raises(ExchangeError):
            ring.decrypt_verified(message[:-9] + b"tampered!", bank.fingerprint)
        home = Path(ring._gpg.gnupghome)
        assert home.stat().st_mode & 0o777 == 0o700
        files = [path for path in home.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if b"canary" in path.read_bytes()]
    assert list(tmp_path.iterdir()) == []


def test_an_exception_inside_leaves_nothing_either(us: KeyPair) -> None:
    with pytest.raises(ZeroDivisionError), keyring(us.secret_armor, []):
        raise ZeroDivisionError


def test_the_next_keyring_sweeps_what_a_killed_process_left(us: KeyPair, bank: KeyPair, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(us.secret_armor)
    child = subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-c",
            "import sys, time; from pathlib import Path; from resources import pgp; from resources.pgp import keyring\n"
            "pgp._base = lambda: Path(sys.argv[2])\n"
            "with keyring(Path(sys.argv[1]).read_bytes(), []) as ring:\n"
            "    ring._gpg.sign(b'x', keyid=ring.own_fingerprint)\n"
            "    print(ring._gpg.gnupghome, flush=True); time.sleep(60)",
            str(tmp_path / "secret"),
            str(pgp._base()),
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    left = Path(child.stdout.readline().strip())
    an_hour_ago = time.time() - 3600
    os.utime(left, (an_hour_ago, an_hour_ago))
    with keyring(us.secret_armor, []):
        assert left.exists(), "a living process keeps its home"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with keyring(us.secret_armor, []):
        assert not left.exists()


def test_key_pairs_are_not_shown(us: KeyPair) -> None:
    assert "PRIVATE" not in repr(us)
    assert us.secret_armor.startswith(b"-----BEGIN PGP PRIVATE KEY BLOCK-----")
    assert us.public_armor.startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ("ID=debian\n", "apt-get install -y gnupg"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt-get install -y gnupg"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "dnf install -y gnupg2"),
        ("NAME=Alpine\nID=alpine\n", "apk add gnupg"),
        ("", "apk add gnupg"),
    ],
)
def test_the_install_command_fits_the_distribution(release: str, command: str) -> None:
    assert command in pgp._install_hint(release)


def test_a_missing_gpg_is_said_with_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, us: KeyPair) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in (gpg_missing() or "")
    with pytest.raises(SettingsError, match="GnuPG is not installed"), keyring(us.secret_armor, []):
        pytest.fail("a keyring was made")
