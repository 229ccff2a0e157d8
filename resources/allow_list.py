"""Who this installation may exchange files with at all: the allow-list `exchange.toml` beside the partners' profiles.

A profile says how a partner wants its files; the allow-list says that a person agreed to this place and these keys.
Two files, so that a changed profile alone never sends anything to a new place. Only a person changes the list; the
country of an endpoint is what that person declares in it, nothing is looked up from addresses.

    countries = ["US"]

    [endpoints.first-harbor]
    country = "US"
    hosts = ["sftp.first-harbor.example", "203.0.113.0/24"]
    host_keys = ["SHA256:..."]
    pgp_keys = ["40 or 64 hexadecimal digits"]
"""

from __future__ import annotations

import hashlib
import ipaddress
import stat
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from formats.errors import SettingsError
from resources.endpoint import Endpoint

FILE_NAME = "exchange.toml"
_ASK = "ask the partner by telephone; then a person corrects exchange.toml or the profile"

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
HostKey = Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")]
PgpKey = Annotated[str, StringConstraints(pattern=r"^([0-9A-F]{40}|[0-9A-F]{64})$")]
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AllowedEndpoint(Endpoint):
    """An endpoint that the allow-list admits: the only kind that can be connected to. Made by `AllowList.admit`.

    `networks` are the addresses that may be connected to; none: any that the admitted host name has.
    """

    networks: tuple[str, ...] = ()


class Allowed(BaseModel):
    """What a person agreed to for one partner.

    `hosts` are names, addresses and networks (CIDR). A host given by name must be named here; where networks or
    addresses stand here too, the address it turns out to have must be among them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    country: Country
    hosts: Annotated[tuple[str, ...], Field(min_length=1)]
    host_keys: Annotated[tuple[HostKey, ...], Field(min_length=1)]
    pgp_keys: Annotated[tuple[PgpKey, ...], Field(min_length=1)]

    @field_validator("hosts")
    @classmethod
    def _real(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if "/" in host and _network(host) is None:
                raise ValueError(f"{host} is no network like 203.0.113.0/24 (the digits behind it must be zero)")
        return hosts

    @property
    def networks(self) -> tuple[str, ...]:
        """The addresses and networks among the hosts."""
        return tuple(host for host in self.hosts if _network(host) is not None)

    def has_host(self, host: str) -> bool:
        """Whether a profile may name this host."""
        if _network(host) is not None:
            return _within(host, self.networks)
        return host.lower() in [known.lower() for known in self.hosts]


class AllowList(BaseModel):
    """The countries files may go to, and the endpoints by the partner's code."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    countries: tuple[Country, ...]
    endpoints: dict[str, Allowed] = {}

    def admit(self, code: str, endpoint: Endpoint, pgp_key: str) -> AllowedEndpoint:
        """The endpoint as one that may be connected to.

        Raises:
            SettingsError: partner, host, country, host key or PGP key is not on the list; nothing was connected.
        """
        entry = self.endpoints.get(code)
        if entry is None:
            raise _refused("The partner is not on the allow-list", code)
        checks = (
            (entry.has_host(endpoint.host), f"the host {endpoint.host}"),
            (entry.country in self.countries, f"the country {entry.country}"),
            (endpoint.host_key_fingerprint in entry.host_keys, f"the host key {endpoint.host_key_fingerprint}"),
            (pgp_key in entry.pgp_keys, f"the PGP key {pgp_key}"),
        )
        missing = [what for passed, what in checks if not passed]
        if missing:
            raise _refused(f"Not on the allow-list: {', '.join(missing)}", code)
        return AllowedEndpoint.model_validate({**endpoint.model_dump(), "networks": entry.networks})


def allowed_addresses(endpoint: AllowedEndpoint, addresses: list[str]) -> list[str]:
    """Those of a host's addresses that may be connected to, in their order."""
    return [address for address in addresses if not endpoint.networks or _within(address, endpoint.networks)]


def load_allow_list(path: Path) -> AllowList:
    """The allow-list in this file.

    Raises:
        SettingsError: it is missing, wrong, or could be changed by others than its owner.
    """
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "The allow-list of endpoints can't be read, so no file is exchanged with anybody",
            where=str(path),
            hint="a person writes it; docs/rooms/delivery.md shows how",
        ) from error
    if stat.S_IMODE(mode) & 0o022:
        raise SettingsError(
            "The allow-list can be changed by others than its owner", where=str(path), hint=f"run: chmod go-w {path}"
        )
    try:
        return AllowList.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The allow-list is not TOML: {error}", where=str(path)) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in _errors(error)
        )
        raise SettingsError(f"The allow-list has wrong values: {faults}", where=str(path)) from None


def version_of(path: Path) -> str:
    """The sha256 of the list's bytes, hexadecimal; empty when there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _errors(error: ValidationError) -> list[Any]:
    return list(error.errors(include_input=False, include_url=False))


def _refused(what: str, code: str) -> SettingsError:
    return SettingsError(f"{what}; nothing was connected", where=code, hint=_ASK)


def _network(host: str) -> _Network | None:
    try:
        return ipaddress.ip_network(host)
    except ValueError:
        return None


def _within(address: str, networks: tuple[str, ...]) -> bool:
    place = ipaddress.ip_address(address.partition("%")[0])
    return any(place in ipaddress.ip_network(network) for network in networks)
