"""The line to a partner: socket, pinned host key, login, and a time limit on every act over it.

Belongs here: connecting, and turning the library's many troubles into our two errors. Does not belong here:
files (session.py).
"""

import logging
import socket
import struct
import threading

import paramiko

from formats.errors import DaybookError, ExchangeError, SettingsError
from resources.allow_list import AllowedEndpoint, allowed_addresses
from resources.endpoint import Endpoint, read_private_file, read_secret

# paramiko reports a cut line with a traceback on its logger, and names files; we say ourselves what happened.
_LOG = "daybook.sftp"
logging.getLogger(_LOG).addHandler(logging.NullHandler())
logging.getLogger(_LOG).propagate = False

# What can become of a request; text that is not UTF-8 and packets cut short are trouble like a cut line.
TROUBLE = (OSError, EOFError, UnicodeError, struct.error, paramiko.SSHException, paramiko.SFTPError)


class LineLostError(ExchangeError):
    """No answer: refused, cut, or silent past its limit. Whether the last request was obeyed is not known."""


class RefusedError(ExchangeError):
    """The server answered, and the answer was no; or a check of ours said no. The line is still good."""


class DoubtError(ExchangeError):
    """It can't be known whether the partner has the file."""


class Line:
    """The socket and paramiko's transport over it, so that a time limit can cut them from another thread."""

    def __init__(self, endpoint: AllowedEndpoint) -> None:
        self.endpoint = endpoint
        self._socket = _connected(endpoint)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # SFTP asks and waits in small packets; held back for more, each answer costs 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._channel: paramiko.Channel | None = None
        try:
            self._transport = paramiko.Transport(self._socket)
        except BaseException:
            self._socket.close()
            raise

    @property
    def alive(self) -> bool:
        """Whether requests can still be answered on this line."""
        return self._transport.is_active() and not (self._channel is not None and self._channel.closed)

    def close(self) -> None:
        """Cut the line; safe from any thread and more than once."""
        self._transport.close()
        self._socket.close()

    def greet(self) -> None:
        """Exchange keys and hold the server's against the pinned one; before that nothing of ours is sent."""
        transport, endpoint = self._transport, self.endpoint
        transport.set_log_channel(_LOG)
        transport.banner_timeout = transport.handshake_timeout = endpoint.connect_timeout_s
        transport.auth_timeout = transport.channel_timeout = endpoint.connect_timeout_s
        # Ask for the pinned type: a server with several keys would otherwise show whichever it likes best.
        kind = endpoint.host_key_type
        transport.get_security_options().key_types = ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)
        with Limit(self, "greet", endpoint.connect_timeout_s):
            try:
                transport.start_client(timeout=endpoint.connect_timeout_s)
            except paramiko.ssh_exception.IncompatiblePeer as error:
                raise RefusedError(
                    f"The server and we share no method, or it has no {kind} key, as pinned",
                    where=endpoint.where,
                ) from error
            shown = transport.get_remote_server_key()
        if f"{shown.get_name()} {shown.get_base64()}" != endpoint.host_key:
            raise RefusedError(
                f"The server's host key ({shown.fingerprint}) is not the pinned one; nothing was sent",
                where=endpoint.where,
                hint="ask the partner by telephone before changing the pinned key",
            )

    def log_in(self, credential: "paramiko.PKey | str") -> None:
        """Authenticate with the key or password of the endpoint: no agent, no keys found lying about."""
        user = self.endpoint.username
        with Limit(self, "log in", self.endpoint.connect_timeout_s):
            try:
                if isinstance(credential, str):
                    more = self._transport.auth_password(user, credential)
                else:
                    more = self._transport.auth_publickey(user, credential)
            except paramiko.AuthenticationException as error:
                if not self._transport.is_active() or "imeout" in str(error):
                    raise
                more = [str(error)]
        if more or not self._transport.is_authenticated():
            raise RefusedError(f"The server refused the login of {user}", where=self.endpoint.where)

    def open_sftp(self) -> paramiko.SFTPClient:
        """Open the SFTP subsystem; every later wait on its channel ends after `op_timeout_s`."""
        with Limit(self, "open sftp", self.endpoint.connect_timeout_s):
            self._channel = self._transport.open_session(timeout=self.endpoint.connect_timeout_s)
            self._channel.settimeout(self.endpoint.op_timeout_s)
            self._channel.invoke_subsystem("sftp")
            return paramiko.SFTPClient(self._channel)


class Limit:
    """A wall-clock limit on one act: past it the line is cut. Turns library trouble into our two errors.

    paramiko waits without end in some places (a subsystem's reply) and restarts its timeouts in others.
    """

    def __init__(self, line: Line, what: str, seconds: float) -> None:
        self._line, self._what, self._seconds = line, what, seconds
        self._fired = threading.Event()
        self._timer = threading.Timer(seconds, self._fire)
        self._timer.daemon = True

    def _fire(self) -> None:
        self._fired.set()
        self._line.close()

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._timer.cancel()
        # Any error of the library is trouble: on a foreign server's bytes it raises whatever its parsers do (ValueError
        # for a key too short), and one such server must not end the sending to all others.
        if not isinstance(error, Exception) or isinstance(error, DaybookError):
            return
        where = self._line.endpoint.where
        timed_out = self._fired.is_set() or isinstance(error, TimeoutError)
        if isinstance(error, OSError) and not timed_out and self._line.alive:
            raise RefusedError(f"The server refused: {self._what}: {_words(error)}", where=where) from error
        self._line.close()
        why = f"no answer within {self._seconds:.0f} s" if timed_out else _words(error)
        raise LineLostError(f"The line was lost at: {self._what} ({why})", where=where) from error


def _connected(endpoint: AllowedEndpoint) -> socket.socket:
    """A socket to the first address that answers, of those the allow-list admits."""
    try:
        found = [place[4][0] for place in socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:  # the latter for a name that no name can be
        raise LineLostError(f"No address: {_words(error)}", where=endpoint.where) from error
    addresses = allowed_addresses(endpoint, [str(address) for address in found])
    if not addresses:
        raise RefusedError(
            f"The host's address ({', '.join(map(str, found))}) is not on the allow-list; nothing was sent",
            where=endpoint.where,
            hint="ask the partner by telephone before a person adds it to exchange.toml",
        )
    for number, address in enumerate(addresses, 1):
        try:
            return socket.create_connection((address, endpoint.port), endpoint.connect_timeout_s)
        except OSError as error:
            if number == len(addresses):
                raise LineLostError(f"No connection: {_words(error)}", where=endpoint.where) from error
    raise AssertionError("the last address returned or raised")


class _Answers:
    """Takes the answers to requests underway in whatever order the server gives them; keeps the first trouble.

    Later ones are heard and dropped: they must not pass for the answers to what is asked next.
    """

    def __init__(self, sftp: paramiko.SFTPClient) -> None:
        self._sftp = sftp
        self.underway = 0
        self._trouble: BaseException | None = None

    def _async_response(self, kind: int, answer: paramiko.Message, number: int) -> None:  # noqa: ARG002 - the library's call
        self.underway -= 1
        try:
            if kind != paramiko.sftp.CMD_STATUS:
                raise paramiko.SFTPError("Expected a status")
            self._sftp._convert_status(answer)
        except TROUBLE as trouble:
            self._trouble = self._trouble or trouble

    def hear(self) -> None:
        """Wait for one answer. Raises the trouble that any of them told."""
        self._sftp._read_response()
        if self._trouble is not None:
            raise self._trouble


def write_pieces(sftp: paramiko.SFTPClient, remote: paramiko.SFTPFile, data: bytes, piece: int, window: int) -> None:
    """Write `data` from the file's start in pieces; every answer is heard, at most `window` are awaited at a time.

    The library's own pipelined writing drops the answers, and with them a full disk; waiting for one answer, it drops
    those that overtake it.
    """
    answers = _Answers(sftp)
    for start in range(0, len(data), piece):
        while answers.underway == window:
            answers.hear()
        place = paramiko.sftp.int64(start)
        sftp._async_request(answers, paramiko.sftp.CMD_WRITE, remote.handle, place, data[start : start + piece])
        answers.underway += 1
    while answers.underway:
        answers.hear()


def list_folder(sftp: paramiko.SFTPClient, folder: str) -> list[paramiko.SFTPAttributes]:
    """A remote folder's entries, with `filename` decoded whatever its bytes are.

    The library's own listing fails as a whole on one name that is not UTF-8: one odd file would hide all.
    """
    handle = sftp._request(paramiko.sftp.CMD_OPENDIR, folder)[1].get_binary()
    entries = []
    while True:
        try:
            answer = sftp._request(paramiko.sftp.CMD_READDIR, handle)[1]
        except EOFError:
            break
        for _ in range(answer.get_int()):
            name, long_name = (answer.get_string().decode("utf-8", "surrogateescape") for _ in range(2))
            entries.append(paramiko.SFTPAttributes._from_msg(answer, name, long_name))
    sftp._request(paramiko.sftp.CMD_CLOSE, handle)
    return [entry for entry in entries if entry.filename not in (".", "..")]


def credential_of(endpoint: Endpoint) -> paramiko.PKey | str:
    """The endpoint's key, or its password as text. Raises SettingsError when it can't be read."""
    if endpoint.password is not None:
        return read_secret(endpoint.password, where=endpoint.name)
    path = endpoint.private_key_path
    if path is None:
        raise SettingsError("Neither a private key nor a password is set", where=endpoint.name)
    read_private_file(path, where=endpoint.name)
    try:
        return paramiko.PKey.from_path(path)
    except paramiko.PasswordRequiredException as error:
        raise SettingsError(f"The key {path} has a passphrase; give one without", where=endpoint.name) from error
    except (paramiko.SSHException, paramiko.UnknownKeyType, ValueError) as error:
        raise SettingsError(f"{path} is not an SSH private key we can read", where=endpoint.name) from error


def _words(error: BaseException) -> str:
    """A library's or server's reason in one short, printable line: servers may put anything there."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    clean = "".join(c if c.isprintable() else " " for c in text).strip()
    return clean[:120] or type(error).__name__
