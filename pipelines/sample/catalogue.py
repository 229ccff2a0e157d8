"""The sample's books, companies, vendors, products, prices, agents and rates: a story, told in small tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from pipelines.sample.draw import Draw
from pipelines.sample.names import FEMALE, LAST, MALE

TIERS = {"EMP": 1.0, "ESP": 1.95, "ECH": 1.75, "FAM": 2.7}


@dataclass(frozen=True)
class Company:
    """One company: its share of the members and how it pays."""

    code: str
    book: str
    name: str
    kind: str
    tax_id: str
    address: str
    city: str
    state: str
    zip: str
    ach_name: str
    lead_days: int
    share: float

    @property
    def drafts_members(self) -> bool:
        """Whether each member's own account is drafted; else the company pays one list bill."""
        return self.kind != "employer"


COMPANIES = (
    Company("HARBOR", "north", "Harbor Individual Plans", "individual", "010554321", "1 Pier Rd", "Portland", "ME",
            "04101", "HARBOR PLANS", 0, 0.45),
    Company("GUILD", "north", "Guild of Boatwrights", "association", "020667123", "20 Rope Walk", "Concord", "NH",
            "03301", "BOATWRIGHTS", 0, 0.25),
    Company("MILLWORK", "south", "Millwork Joinery Inc", "employer", "561778234", "300 Spindle Ct", "Raleigh", "NC",
            "27601", "MILLWORK JOINERY", 0, 0.20),
    Company("TERRACE", "south", "Terrace Gardens LLC", "employer", "581889345", "7 Orchard Rd", "Macon", "GA",
            "31201", "TERRACE GARDENS", 5, 0.10),
)  # fmt: skip
# product, vendor, name, line, proration, trial days, price of the tier EMP, vendor's part, commissionable part, weight
_PRODUCTS = (
    ("EG-BASIC", "evergreen", "Evergreen Basic", "HLT", "actual", 0, 248.50, 0.78, 1.0, 4),
    ("EG-BRONZE", "evergreen", "Evergreen Bronze", "HLT", "actual", 0, 318.00, 0.78, 1.0, 5),
    ("EG-SILVER", "evergreen", "Evergreen Silver", "HLT", "actual", 0, 372.40, 0.77, 1.0, 6),
    ("EG-GOLD", "evergreen", "Evergreen Gold", "HLT", "actual", 0, 451.90, 0.76, 1.0, 4),
    ("EG-PLATINUM", "evergreen", "Evergreen Platinum", "HLT", "actual", 0, 538.20, 0.75, 0.95, 1),
    ("EG-HSA", "evergreen", "Evergreen HSA", "PPO", "actual", 0, 289.75, 0.78, 1.0, 3),
    ("EG-SHARE", "evergreen", "Evergreen Share", "HMO", "fixed30", 0, 205.30, 0.74, 0.9, 2),
    ("BS-KIDS", "brightsmile", "Bright Smile Kids", "DEN", "whole", 0, 14.90, 0.68, 1.0, 1),
    ("BS-PREVENT", "brightsmile", "Bright Smile Preventive", "DEN", "whole", 0, 19.95, 0.68, 1.0, 3),
    ("BS-BASIC", "brightsmile", "Bright Smile Basic", "DEN", "whole", 0, 27.60, 0.69, 1.0, 4),
    ("BS-PLUS", "brightsmile", "Bright Smile Plus", "DEN", "whole", 0, 41.15, 0.70, 1.0, 3),
    ("BS-ORTHO", "brightsmile", "Bright Smile Ortho", "DEN", "whole", 0, 58.80, 0.71, 1.0, 1),
    ("CV-EXAM", "clearview", "Clear View Exam", "VIS", "whole", 0, 6.40, 0.60, 1.0, 2),
    ("CV-LENS", "clearview", "Clear View Lens", "VIS", "whole", 0, 9.85, 0.61, 1.0, 3),
    ("CV-PLUS", "clearview", "Clear View Plus", "VIS", "whole", 0, 14.30, 0.62, 1.0, 3),
    ("CV-DESIGN", "clearview", "Clear View Designer", "VIS", "whole", 0, 22.75, 0.63, 1.0, 1),
    ("LG-TALK", "lifeguard", "Lifeguard Telehealth", "AH", "none", 30, 24.00, 0.45, 0.8, 4),
    ("LG-CARE", "lifeguard", "Lifeguard Care", "AH", "none", 0, 79.00, 0.45, 0.8, 2),
    ("LG-INCOME", "lifeguard", "Lifeguard Income Shield", "STD", "none", 0, 31.50, 0.45, 0.8, 2),
    ("LG-SAVER", "lifeguard", "Lifeguard Discount Card", "", "none", 14, 12.00, 0.30, 1.0, 2),
)
_STEPS = {"LG-CARE": ((1, 79.00), (4, 64.50), (13, 52.75))}  # the price steps down with the months billed
_BANDS = {"LG-INCOME": ((0, 34, 19.80), (35, 49, 31.50), (50, 150, 54.60))}  # the price rises with the member's age
_ONE_PRICE = ("LG-TALK", "LG-SAVER", "LG-INCOME")  # whatever the tier
_GROUP_PRICES = (("MILLWORK", "EG-SILVER", 0.93), ("MILLWORK", "EG-GOLD", 0.92), ("TERRACE", "EG-BRONZE", 0.95))
# A month on medical; once, for members of the association; a quarter on care; once, for the card's first days.
_ADMIN, _ENROLLMENT, _SUPPLIES, _TRIAL = 12.00, 35.00, 21.00, 1.00
_DOCUMENTS_LATER = 14  # days after the first night: a thousand members' first documents would take a demo minutes
_SERVICES = "lifeguard"  # its products lapse soon when nobody pays; all other plans are only reminded of and held
# Ladder, step, months and days after the due date, what happens, template, consent, days in which money takes it back.
_LADDERS = (
    ("grace", 1, 0, 14, "reminder", "reminder", "yes", 0),
    ("grace", 2, 0, 25, "warning", "reminder", "yes", 0),
    ("grace", 3, 1, 0, "hold", "reminder", "yes", 0),
    ("services", 1, 0, 10, "reminder", "reminder", "yes", 0),
    ("services", 2, 1, 0, "lapse", "reminder", "yes", 60),
)
# Employer, group, name, above it, whether it gets a bill of its own, pays a year, where its bill goes.
_GROUPS = (
    ("MILLWORK", "PLANT", "Raleigh Plant", "", "yes", 26, "plant@example.com"),
    ("MILLWORK", "PLANT-LATHE", "Turning Shop", "PLANT", "no", 26, ""),
    ("MILLWORK", "PLANT-FINISH", "Finishing Shop", "PLANT", "no", 26, ""),
    ("MILLWORK", "OFFICE", "Front Office", "", "yes", 24, "office@example.com"),
)


def lines() -> dict[str, list[tuple[str, int]]]:
    """The products of each vendor with their weights: a member has at most one of each."""
    found: dict[str, list[tuple[str, int]]] = {}
    for code, vendor, *_, weight in _PRODUCTS:
        found.setdefault(vendor, []).append((code, weight))
    return found


def catalogue(seed: int, date: dt.date, members: int, go_live: dt.date) -> dict[str, pl.DataFrame]:
    """The ten files of the catalogue by name, every column text as in the file."""
    return {
        "books.csv": _rows(
            "book_code name time_zone",
            [("north", "Northern book", "America/New_York"), ("south", "Southern book", "America/Chicago")],
        ),
        "companies.csv": _companies(go_live, date),
        "vendors.csv": _rows(
            "vendor_code name tax_id",
            [
                ("evergreen", "Evergreen Health Plan", "042110011"),
                ("brightsmile", "Bright Smile Dental", "042110022"),
                ("clearview", "Clear View Vision", "042110033"),
                ("lifeguard", "Lifeguard Services", "042110044"),
            ],
        ),
        "dunning_steps.csv": _rows(
            "ladder state step after_months after_days action template least needs_consent keep_months reinstate_days "
            "valid_from",
            [
                (ladder, "", step, months, days, action, template, "5.00", consent, 0, window, "")
                for ladder, step, months, days, action, template, consent, window in _LADDERS
            ],
        ),
        "products.csv": _rows(
            "product_code vendor_code name line plan_code proration trial_days dunning",
            [
                (*p[:4], p[0].replace("-", ""), p[4], p[5], "services" if p[1] == _SERVICES else "grace")
                for p in _PRODUCTS
            ],
        ),
        "fees.csv": _fees(),
        "prices.csv": prices(date),
        "agents.csv": _agents(seed, members),
        "sub_groups.csv": _rows(
            "company_code group_code name parent_code billed account_code pays_per_year email",
            [(*group[:5], "", *group[5:]) for group in _GROUPS],
        ),
        "commission_rates.csv": _rates(date),
    }


def _rows(names: str, rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(
        [[str(v) for v in row] for row in rows], schema=dict.fromkeys(names.split(), pl.String), orient="row"
    )


def groups(company: str) -> list[str]:
    """The groups of a company below itself."""
    return [group for of, group, *_ in _GROUPS if of == company]


def _companies(go_live: dt.date, date: dt.date) -> pl.DataFrame:
    """Employers get documents from the first night on, the association's members later, others when they ask."""
    asks = {"employer": date, "association": date + dt.timedelta(days=_DOCUMENTS_LATER), "individual": ""}
    return _rows(
        "company_code book_code name kind tax_id address city state zip bank ach_company_id ach_company_name "
        "bill_lead_days go_live memo_limit email documents_from",
        [
            (c.code, c.book, c.name, c.kind, c.tax_id, c.address, c.city, c.state, c.zip, "first-harbor",
             "1" + c.tax_id, c.ach_name, c.lead_days, go_live, "100.00", f"{c.code.lower()}@example.com",
             asks[c.kind])
            for c in COMPANIES
        ],
    )  # fmt: skip


def _fees() -> pl.DataFrame:
    fees: list[tuple[object, ...]] = []
    for code, vendor, *_ in _PRODUCTS:
        fees.append((code, "PREMIUM", "premium", "monthly"))
        if vendor == "evergreen":
            fees += [(code, "ADMIN", "admin", "monthly"), (code, "ENROLL", "enrollment", "one_time")]
    fees += [("LG-CARE", "SUPPLIES", "admin", "quarterly"), ("LG-SAVER", "TRIAL", "trial", "one_time")]
    return _rows("product_code fee_code kind recurrence", fees)


def prices(date: dt.date) -> pl.DataFrame:
    """prices.csv: last year's prices and this year's; the latest that is valid counts."""
    rows: list[tuple[object, ...]] = []
    for year, factor in ((date.year - 2, 0.96), (date.year, 1.0)):
        since = dt.date(year, 1, 1)
        for code, vendor, _, _, _, _, price, cost, base, _ in _PRODUCTS:
            for tier, times in ({"": 1.0} if code in _ONE_PRICE else TIERS).items():
                for step, amount in _STEPS.get(code, ((1, price),)):
                    for low, high, own in _BANDS.get(code, ((0, 150, amount),)):
                        key = (code, "PREMIUM", "", tier, low, high, step, since)
                        rows.append((*key, *_amounts(own * times * factor, cost, base)))
            if vendor == "evergreen":
                rows.append(_flat(code, "ADMIN", since, _ADMIN))
                rows.append(_flat(code, "ENROLL", since, 0))
                rows.append(_flat(code, "ENROLL", since, _ENROLLMENT, "GUILD"))
        rows += [_flat("LG-CARE", "SUPPLIES", since, _SUPPLIES), _flat("LG-SAVER", "TRIAL", since, _TRIAL)]
        for company, code, less in _GROUP_PRICES:
            _, _, _, _, _, _, price, cost, base, _ = next(p for p in _PRODUCTS if p[0] == code)
            for tier, times in TIERS.items():
                amounts = _amounts(price * times * factor * less, cost / less, base)
                rows.append((code, "PREMIUM", company, tier, 0, 150, 1, since, *amounts))
    names = "product_code fee_code company_code tier age_from age_to step_from valid_from"
    return _rows(f"{names} amount vendor_share commissionable", rows).with_columns(
        member_code=pl.lit(""), valid_to=pl.lit("")
    )


def _flat(product: str, fee: str, since: dt.date, dollars: float, company: str = "") -> tuple[object, ...]:
    """The price of a fee that stays with the administrator, whatever the tier."""
    return product, fee, company, "", 0, 150, 1, since, f"{dollars:.2f}", "0.00", "0.00"


def promised(prices: pl.DataFrame, company: str, member: str, product: str, tier: str) -> pl.DataFrame:
    """A price of this year for one member alone: a tenth less than everybody's."""
    asked = {"product_code": product, "fee_code": "PREMIUM", "company_code": "", "tier": tier}
    own = prices.filter(**asked).sort("valid_from").tail(1)
    less = [_cents(c) * 9 // 10 for c in ("amount", "vendor_share", "commissionable")]
    text = [pl.format("{}.{}", cents // 100, (cents % 100).cast(pl.String).str.zfill(2)) for cents in less]
    names = [cents.meta.output_name() for cents in less]
    return own.with_columns(
        *(words.alias(name) for name, words in zip(names, text, strict=True)),
        company_code=pl.lit(company),
        member_code=pl.lit(member),
    )


def _cents(column: str) -> pl.Expr:
    return pl.col(column).str.replace(".", "", literal=True).cast(pl.Int64)


def _amounts(dollars: float, cost: float, base: float) -> tuple[str, ...]:
    """Price, vendor's part and commissionable part as text."""
    cents = round(dollars * 100)
    return tuple(f"{p // 100}.{p % 100:02d}" for p in (cents, round(cents * cost), round(cents * base)))


def writing_agents(members: int) -> int:
    """How many agents sell: about one for sixty members."""
    return max(3, members // 60)


def _agents(seed: int, members: int) -> pl.DataFrame:
    draw = Draw(seed, "agents")
    counts = [writing_agents(members)]
    for fewer in (6, 5, 4):
        counts.append(max(1, counts[-1] // fewer))
    rows: list[tuple[object, ...]] = []
    for level, count in enumerate(counts, 1):
        women = draw.whole(count, 0, 1)
        first, last = draw.whole(count, 0, len(FEMALE) - 1), draw.whole(count, 0, len(LAST) - 1)
        for at in range(count):
            name = f"{(FEMALE if women[at] else MALE)[first[at]]} {LAST[last[at]]}"
            parent = f"A{level + 1}-{at % counts[level] + 1:05d}" if level < 4 else ""
            rows.append((f"A{level}-{at + 1:05d}", name, parent, level))
    return _rows("agent_code name parent_code level", rows)


def _rates(date: dt.date) -> pl.DataFrame:
    since = dt.date(date.year - 2, 1, 1)
    table = {"": (12, 17, 19, 24.5), "LG-CARE": (18, 24, 27, 33.75), "BS-ORTHO": (9, 12.5, 14, 18)}
    return _rows(
        "product_code level percent valid_from",
        [
            (code, level, percent, since)
            for code, cumulative in table.items()
            for level, percent in enumerate(cumulative, 1)
        ],
    )
