"""All commands and where each of them lives. A command's module is imported only when it is called."""

from __future__ import annotations

import importlib

import click

_WHERE = {
    "demo": "demo",
    "test": "testing",
    "ui": "ui",
    "sample": "data",
    "load": "data",
    "simulate": "data",
    "night": "nights",
    "originate": "originate",
    "release": "nights",
    "inbound": "nights",
    "files": "files",
    "approve": "files",
    "resolve": "files",
    "documents": "documents",
    "document": "documents",
    "deductions": "documents",
    "mail": "documents",
    "memo": "receivables",
    "consents": "receivables",
    "consent": "receivables",
    "account": "receivables",
    "explain": "why",
    "preview": "why",
    "reports": "why",
    "recut": "files",
    "trace": "tracing",
    "reverse": "money",
    "refund": "money",
    "payout": "money",
    "release-hold": "money",
    "return-rates": "money",
    "cure": "proofs",
    "validate-account": "proofs",
    "distribution": "proofs",
    "discrepancy": "vendors",
    "allow-retro": "vendors",
    "inspect": "inspecting",
    "bank-test": "onboarding",
    "bench": "benches",
    "doctor": "doctor",
    "stop": "doctor",
}


class _Lazy(click.Group):
    """Knows its commands by name and imports one when it is asked for: `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_WHERE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _WHERE:
            return None
        module = importlib.import_module(f"pipelines.cli.{_WHERE[cmd_name]}")
        found = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(found, click.Command)  # noqa: S101 - the table above names commands
        return found


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Daybook: the night shift of a benefits administrator.

    Start with `daybook demo`: a whole business night with an invented book, a loopback bank and vendors.
    Every command takes --json and then prints one JSON object on stdout; messages go to stderr.
    Settings: DAYBOOK_HOME (default var/), DAYBOOK_DATABASE_URL and friends: see README.md.
    """
