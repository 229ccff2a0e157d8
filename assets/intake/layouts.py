"""The files a customer sends, as data: their columns, what each may hold, their keys and their order.

Belongs here: what can be said of a field by itself. What needs other rows is in the modules of the files.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

CODE = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$"
CODE_SAYS = "a code of letters, digits and . _ / - (at most 40)"
SLUG = r"^[a-z0-9][a-z0-9-]{0,30}$"
SLUG_SAYS = "a code of small letters, digits and - (at most 31)"
_STATE_SAYS = "a state of two capital letters"
_RECURRENCES = ("weekly", "biweekly", "semimonthly", "monthly", "quarterly", "halfyearly", "yearly", "one_time")
FIRST_DAY, LAST_DAY = dt.date(1900, 1, 1), dt.date(2199, 12, 31)


@dataclass(frozen=True)
class Column:
    """One column: its kind decides how text becomes a value.

    Kinds: text (at most `high` characters), pattern (regular expression, after taking out `drop`), choice, date,
    money (dollars to Int64 cents, at least 0), whole (Int64 from `low` to `high`), percent (Decimal(7, 4), 0 to 100),
    flag (yes or no to Boolean).
    """

    name: str
    kind: str = "text"
    required: bool = True
    default: str | int | bool | dt.date | None = None  # of an empty field; money in cents
    pattern: str = ""
    says: str = ""  # what a value should be, for the reason
    drop: str = ""  # characters that people put into numbers
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 80
    optional: bool = False  # a file may come without this column: then it says nothing of it


@dataclass(frozen=True)
class Layout:
    """One file: name, columns, and the columns whose values must not repeat in it."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def header(self) -> tuple[str, ...]:
        """The names that the first line may hold, and must but for optional ones."""
        return tuple(c.name for c in self.columns)

    @property
    def must(self) -> tuple[str, ...]:
        """The names that the first line must hold."""
        return tuple(c.name for c in self.columns if not c.optional)


def _code(name: str, *, required: bool = True) -> Column:
    return Column(name, "pattern", required, None if required else "", CODE, CODE_SAYS)


def _slug(name: str, *, required: bool = True) -> Column:
    return Column(name, "pattern", required, None if required else "", SLUG, SLUG_SAYS)


def _choice(name: str, *choices: str, default: str | None = None) -> Column:
    return Column(name, "choice", default is None, default, choices=choices)


def _date(name: str, *, required: bool = True, default: dt.date | None = None) -> Column:
    return Column(name, "date", required and default is None, default)


def _money(name: str, *, required: bool = True, default: int = 0) -> Column:
    return Column(name, "money", required, default)


def _flag(name: str, *, default: bool) -> Column:
    return Column(name, "flag", required=False, default=default)


def _whole(name: str, low: int, high: int, default: int | None = None) -> Column:
    return Column(name, "whole", default is None, default, low=low, high=high)


def _tax_id(name: str) -> Column:
    return Column(name, "pattern", pattern=r"^[0-9]{9}$", says="a tax number of nine digits", drop="-")


def _state(*, required: bool) -> Column:
    return Column("state", "pattern", required, None if required else "", r"^[A-Z]{2}$", _STATE_SAYS)


def _place(*, required: bool) -> tuple[Column, ...]:
    empty = None if required else ""
    return (
        Column("address", required=required, default=empty, high=55),
        Column("city", required=required, default=empty, high=30),
        _state(required=required),
        Column("zip", "pattern", required, empty, r"^[0-9]{5}([0-9]{4})?$", "a ZIP code of 5 or 9 digits", "-"),
    )


def _maybe(column: Column) -> Column:
    """The column in a file that may come without it."""
    return replace(column, optional=True)


def _whole_or_none(name: str, low: int, high: int) -> Column:
    """A number that may be left open: null."""
    return Column(name, "whole", required=False, low=low, high=high)


_PERCENT = Column("percent", "percent")
_EMAIL = Column("email", required=False, default="", high=80)
_COMPANY = _code("company_code")
_SUBSCRIPTION = _code("subscription_code")

LAYOUTS: tuple[Layout, ...] = (
    Layout("books.csv", (_slug("book_code"), Column("name"), Column("time_zone")), ("book_code",)),
    Layout(
        "companies.csv",
        (
            _COMPANY,
            _slug("book_code"),
            Column("name"),
            _choice("kind", "individual", "association", "employer"),
            _tax_id("tax_id"),
            *_place(required=True),
            _slug("bank"),
            Column("ach_company_id", "pattern", pattern=r"^[A-Z0-9]{10}$", says="ten capital letters and digits"),
            Column("ach_company_name", high=16),
            _whole("bill_lead_days", 0, 60, 0),
            _date("go_live"),
            _maybe(_whole("bill_day", 1, 31, 1)),
            _maybe(_money("memo_limit", required=False, default=10_000)),
            _maybe(_EMAIL),
            _maybe(_date("documents_from", required=False)),
            _maybe(_flag("test", default=False)),
        ),
        ("company_code",),
    ),
    Layout("vendors.csv", (_slug("vendor_code"), Column("name"), _tax_id("tax_id")), ("vendor_code",)),
    Layout(
        "dunning_steps.csv",
        (
            _slug("ladder"),
            _state(required=False),
            _whole("step", 1, 20),
            _whole("after_months", 0, 12, 0),
            _whole("after_days", 0, 400),
            _choice("action", "reminder", "warning", "hold", "lapse"),
            _slug("template", required=False),
            _money("least", required=False, default=1),
            _flag("needs_consent", default=True),
            _whole("keep_months", 0, 3, 0),
            _whole("reinstate_days", 0, 400, 0),
            _date("valid_from", default=FIRST_DAY),
        ),
        ("ladder", "state", "step", "valid_from"),
    ),
    Layout(
        "products.csv",
        (
            _code("product_code"),
            _slug("vendor_code"),
            Column("name"),
            Column("line", required=False, default=""),
            _code("plan_code"),
            _choice("proration", "actual", "fixed30", "fixed28", "whole", "fifteenth", "none"),
            _whole("trial_days", 0, 366, 0),
            _maybe(_flag("billed", default=True)),
            _maybe(_code("family", required=False)),
            _maybe(_whole_or_none("bill_ahead_days", 0, 90)),
            _maybe(_choice("trial_billed", "start", "end", default="start")),
            _maybe(_flag("stub_counts", default=True)),
            _maybe(_flag("enrollment_again", default=False)),
            _maybe(
                _choice("age_on", "coverage_start", "year_start", "subscription_start", default="coverage_start"),
            ),
            _maybe(_whole_or_none("retro_add_days", 0, 1100)),
            _maybe(_whole_or_none("retro_term_days", 0, 1100)),
            _maybe(_slug("dunning", required=False)),
        ),
        ("product_code",),
    ),
    Layout(
        "fees.csv",
        (
            _code("product_code"),
            _code("fee_code"),
            _choice("kind", "premium", "admin", "enrollment", "trial", "tax"),
            _choice("recurrence", *_RECURRENCES),
            _maybe(_choice("alignment", "subscription", "customer", "company", default="subscription")),
        ),
        ("product_code", "fee_code"),
    ),
    Layout(
        "agents.csv",
        (_code("agent_code"), Column("name"), _code("parent_code", required=False), _whole("level", 1, 9)),
        ("agent_code",),
    ),
    Layout(
        "commission_rates.csv",
        (_code("product_code", required=False), _whole("level", 1, 9), _PERCENT, _date("valid_from")),
        ("product_code", "level", "valid_from"),
    ),
    Layout(
        "people.csv",
        (
            _COMPANY,
            _code("member_code"),
            _code("subscriber_code", required=False),
            _choice("relationship", "self", "spouse", "child"),
            Column("first_name", high=35),
            Column("last_name", high=60),
            Column(
                "ssn",
                "pattern",
                required=False,
                pattern=r"^[0-9]{9}$",
                says="a social security number of nine digits",
                drop="-",
            ),
            _date("birth_date"),
            _choice("gender", "F", "M", "U", default="U"),
            *_place(required=False),
            Column("phone", required=False, default="", high=25),
            _EMAIL,
            _maybe(_whole_or_none("bill_day", 1, 31)),
        ),
        ("company_code", "member_code"),
    ),
    Layout(
        "bank_accounts.csv",
        (
            _COMPANY,
            _code("account_code"),
            _code("member_code", required=False),
            Column("routing", "pattern", pattern=r"^[0-9]{9}$", says="nine digits"),
            Column(
                "account_number",
                "pattern",
                pattern=r"^[0-9A-Za-z-]{1,17}$",
                says="at most 17 digits, letters and hyphens",
                drop=" ",
            ),
            _choice("account_type", "checking", "savings"),
            Column("holder_name"),
            _maybe(_code("agent_code", required=False)),
            _maybe(_slug("vendor_code", required=False)),
            _maybe(_choice("authorised", "written", "web", "phone", default="written")),
            _maybe(_date("validated_on", required=False)),
            _maybe(_date("closed_on", required=False)),
        ),
        ("company_code", "account_code"),
    ),
    Layout(
        "sub_groups.csv",
        (
            _COMPANY,
            _code("group_code"),
            Column("name"),
            _code("parent_code", required=False),
            _flag("billed", default=True),
            _code("account_code", required=False),
            _choice("pays_per_year", "12", "24", "26", "52", default="12"),
            _EMAIL,
        ),
        ("company_code", "group_code"),
    ),
    Layout(
        "prices.csv",
        (
            _code("product_code"),
            _code("fee_code"),
            _code("company_code", required=False),
            _choice("tier", "EMP", "ESP", "ECH", "FAM", default=""),
            _whole("step_from", 1, 1200, 1),
            _date("valid_from"),
            _date("valid_to", required=False),
            Column("amount", "money", required=False),
            _money("vendor_share", required=False),
            _money("commissionable", required=False),
            _maybe(_code("member_code", required=False)),
            _maybe(_code("group_code", required=False)),
            _maybe(_code("agent_code", required=False)),
            _maybe(_whole("age_from", 0, 150, 0)),
            _maybe(_whole("age_to", 0, 150, 150)),
            _maybe(Column("percent", "percent", required=False)),
        ),
        (
            *("product_code", "fee_code", "company_code", "member_code", "group_code", "agent_code"),
            *("tier", "age_from", "step_from", "valid_from"),
        ),
    ),
    Layout(
        "subscriptions.csv",
        (
            _COMPANY,
            _SUBSCRIPTION,
            _code("member_code"),
            _code("product_code"),
            _choice("tier", "EMP", "ESP", "ECH", "FAM"),
            _date("start_date"),
            _date("end_date", required=False),
            _whole("bill_day", 1, 31),
            _choice("method", "ach", "list_bill"),
            _code("account_code", required=False),
            _code("agent_code", required=False),
            _maybe(_date("created_on", required=False)),
            _maybe(_date("recurring_from", required=False)),
            _maybe(_code("group_code", required=False)),
        ),
        ("company_code", "subscription_code"),
    ),
    Layout(
        "covered.csv",
        (_COMPANY, _SUBSCRIPTION, _code("member_code"), _maybe(_date("end_date", required=False))),
        ("company_code", "subscription_code", "member_code"),
    ),
    Layout(
        "holds.csv",
        (_COMPANY, _SUBSCRIPTION, _date("from_date"), _date("to_date"), Column("reason")),
        ("company_code", "subscription_code", "from_date"),
    ),
    Layout(
        "splits.csv",
        (_COMPANY, _SUBSCRIPTION, _code("agent_code"), _PERCENT),
        ("company_code", "subscription_code", "agent_code"),
    ),
    Layout(
        "payer_shares.csv",
        (
            _COMPANY,
            _SUBSCRIPTION,
            _whole("part", 1, 9),
            _choice("payer", "member", "company", "person"),
            _code("member_code", required=False),
            _code("fee_code", required=False),
            Column("percent", "percent", required=False),
            Column("amount", "money", required=False),
            _date("valid_from", default=FIRST_DAY),
        ),
        ("company_code", "subscription_code", "part", "valid_from"),
    ),
    Layout(
        "pay_methods.csv",
        (
            _COMPANY,
            _code("member_code"),
            _whole("part", 1, 9),
            _code("account_code"),
            Column("percent", "percent", required=False),
            Column("amount", "money", required=False),
        ),
        ("company_code", "member_code", "part"),
    ),
    Layout(
        "company_banks.csv",
        (
            _COMPANY,
            _slug("bank"),
            _whole("weight", 0, 1000),
            Column("monthly_cap", "money", required=False),
        ),
        ("company_code", "bank"),
    ),
)
BY_NAME = {layout.name: layout for layout in LAYOUTS}
