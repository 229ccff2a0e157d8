"""The closed tree of errors Daybook raises. Bad data is rows with reasons, never one of these.

A message says what happened, where, and what to do; it never holds an account number, SSN or key.
"""


class DaybookError(Exception):
    """Base of all: the command line prints it as one plain line and exits non-zero."""

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        """Keep the three parts apart so that people and machines can both read them."""
        self.what, self.where, self.hint = what, where, hint
        super().__init__(what + (f" ({where})" if where else "") + (f"; {hint}" if hint else ""))


class FormatError(DaybookError):
    """Writing was asked for something the file standard forbids: names record, field and the rule."""


class SettingsError(DaybookError):
    """A setting, profile or key is missing or wrong; nothing was started."""


class RecordError(DaybookError):
    """The database cannot be reached, refuses us, or refuses a row by a constraint."""


class UnreachableError(RecordError):
    """The database does not answer: nothing about the data is known, so nothing may be decided from it."""


class ExchangeError(DaybookError):
    """A partner's server or key failed a check or did not answer; the file's state says how far it got."""


class GuardError(DaybookError):
    """A blocking check said no: out of balance, over a limit, not approved, bytes changed."""
