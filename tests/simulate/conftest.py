"""The simulation is tested where it is used: between a real SSH server, gpg and the record."""

from tests.support.counterparties import counterparties, invented

__all__ = ["counterparties", "invented"]
