"""Every segment of a member, once, as data: the writer spells by it, the reader reads by it, rules come from it.

A segment is one line of words, a word per element:
    name        the column's value (dates CCYYMMDD, `_cents` as dollars, whole numbers)
    XX:name     two elements: the literal XX, and the column; both only when there is a value
    RD:a:b      two elements: D8 and the date a, or RD8 and a-b when b is there
    =XX         the literal XX
    -           an element that is not used
    &a&b        a composite of two columns
    ^name       a repeating or composite text, with our neutral marks
    @name       made by the writer; the reader knows it by name or skips it
A word that ends in `!` is the segment's key: it is written when that column has a value (without a key: when any
column has), and required. One that ends in `*` is required once the segment is written. Order and facts: the map.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["value", "mark", "range", "range_mark", "literal", "blank", "composite", "repeat", "made"]


@dataclass(frozen=True)
class Element:
    """One element of a segment: its number, how it is made, and from which columns."""

    number: int
    kind: Kind
    columns: tuple[str, ...] = ()
    literal: str = ""
    required: bool = False


@dataclass(frozen=True)
class Segment:
    """A segment of a loop. `key`: the column that decides whether it is written. `nth`: which of several alike."""

    name: str
    loop: str
    elements: tuple[Element, ...]
    key: str | None
    nth: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it carries."""
        return tuple(c for e in self.elements if e.kind not in ("made", "mark", "range_mark") for c in e.columns)

    @property
    def qualifier(self) -> str | None:
        """The literal its first element must hold, if any."""
        first = self.elements[0]
        return first.literal if first.kind == "literal" else None


def _element(word: str, number: int) -> list[Element]:
    required, bare = word[-1] in "!*", word.rstrip("!*")
    if bare == "-":
        return [Element(number, "blank")]
    if bare.startswith("RD:"):
        columns = tuple(bare.split(":")[1:])
        return [Element(number, "range_mark", columns), Element(number + 1, "range", columns, required=required)]
    if ":" in bare:
        literal, column = bare.split(":")
        return [
            Element(number, "mark", (column,), literal),
            Element(number + 1, "value", (column,), required=required),
        ]
    kinds: dict[str, Kind] = {"=": "literal", "&": "composite", "^": "repeat", "@": "made"}
    kind = kinds.get(bare[0], "value")
    if kind == "literal":
        return [Element(number, kind, literal=bare[1:])]
    columns = tuple(bare[1:].split("&")) if kind != "value" else (bare,)
    return [Element(number, kind, columns, required=required)]


def segment(loop: str, line: str, nth: int = 0) -> Segment:
    """Read one line of the table."""
    name, *words = line.split()
    elements: list[Element] = []
    key = None
    for word in words:
        elements += _element(word, len(elements) + 1)
        if word.endswith("!"):
            key = elements[-1].columns[0]
    return Segment(name, loop, tuple(elements), key, nth)


def _table(rows: dict[str, tuple[str, str]]) -> dict[str, Segment]:
    return {slot: segment(*row) for slot, row in rows.items()}


MEMBER = _table({
    "s_ins": ("2000", "INS @yes relationship! maintenance_type* maintenance_reason benefit_status* "
              "&medicare_plan&medicare_reason cobra_event employment_status student_status handicapped "
              "D8:death_date confidentiality - - - birth_sequence"),
    "s_0f": ("2000", "REF =0F whose!"),
    "s_1l": ("2000", "REF =1L policy_number!"),
    "s_356": ("2000", "DTP =356 D8:eligibility_begin!"),
    "s_357": ("2000", "DTP =357 D8:eligibility_end!"),
    "s_nm1": ("2100A", "NM1 @person =1 last_name! first_name middle_name name_prefix name_suffix @who_kind who"),
    "s_per": ("2100A", "PER =IP - @per"),
    "s_n3": ("2100A", "N3 address1! address2"),
    "s_n4": ("2100A", "N4 city* state zip country location_qualifier location subdivision"),
    "s_dmg": ("2100A", "DMG D8:birth_date! gender marital_status ^race citizenship - - - REC:race_code"),
    "s_icm": ("2100A", "ICM income_frequency* income_cents* work_hours work_location salary_grade"),
    "s_hlh": ("2100A", "HLH health_code* height weight"),
})  # fmt: skip

COVERAGE = _table({
    "c_hd": ("2300", "HD maintenance_type* - line! plan_code sent_tier - - - late"),
    "c_348": ("2300", "DTP =348 D8:begin!"),
    "c_349": ("2300", "DTP =349 D8:end!"),
    "c_amt": ("2300", "AMT =P3 premium_cents!"),
    "c_1l": ("2300", "REF =1L policy_number!"),
})  # fmt: skip

_N3, _N4 = "N3 address1! address2", "N4 city* state zip country - - subdivision"
_PERSON = "role! entity_type* last_name first_name middle_name name_prefix name_suffix id_qualifier id"


def _all(loop: str, *lines: str) -> tuple[Segment, ...]:
    seen: dict[str, int] = {}
    made = []
    for line in lines:
        one = segment(loop, line)
        kind = f"{one.name} {one.qualifier}"
        made.append(segment(loop, line, seen.get(kind, 0)))
        seen[kind] = seen.get(kind, 0) + 1
    return tuple(made)


EXTRA: dict[str, tuple[Segment, ...]] = {
    "references": _all("2000", "REF qualifier! value*"),
    "dates": _all("2000", "DTP qualifier! RD:day:until*"),
    "amounts": _all("2100A", "AMT qualifier! cents*"),
    "classes": _all("2100A", "EC class1! class2 class3"),
    "languages": _all("2100A", "LUI qualifier code description use"),
    "names": _all(
        "2100", f"NM1 {_PERSON}", "PER @function contact @per", _N3, _N4,
        "DMG D8:birth_date gender marital_status ^race citizenship - - - REC:race_code",
    ),
    "disabilities": _all(
        "2200", "DSB kind! - - - - - code_qualifier diagnosis", "DTP =360 D8:begin!", "DTP =361 D8:end!"
    ),
    "cards": _all("2300", "IDC plan! kind* count action"),
    "providers": _all(
        "2310", "LX @number", f"NM1 {_PERSON} relationship*", _N3, "N3 address3! address4",
        "N4 city* state zip country location_qualifier location subdivision",
        "PER =IC - @per", "PER =IC - @per2", "PLA =2 =1P change_date* - change_reason*",
    ),
    "other_insurance": _all(
        "2320", "COB payer_order! policy_number coordination* ^service_types", "REF =60 account_number!",
        "REF =6P group_number!", "REF =A6 employee_id!", "REF =SY ssn!", "REF =ZZ other_id!",
        "DTP =344 D8:begin!", "DTP =345 D8:end!",
    ),
    "insurers": _all(
        "2330", "NM1 role! =2 last_name - - - - id_qualifier id", _N3, _N4, "PER =CN - TE:phone!"
    ),
    "reporting": _all("2700", "LX @number", "N1 =75 name!", "REF qualifier! value*", "DTP =007 RD:day:until!"),
}  # fmt: skip

# In 4010 an insurer is one segment of loop 2320, before its dates: a row of `insurers` with role IN.
OLD_INSURER = segment("2320", "N1 =IN last_name id_qualifier id")
OLD_ROLES = {"36": "ES"}  # NM101 of an employer

# The order within a member and within a coverage; names without a prefix are frames of EXTRA.
MEMBER_ORDER = (
    "s_ins", "s_0f", "s_1l", "references", "s_356", "s_357", "dates", "s_nm1", "s_per", "s_n3", "s_n4", "s_dmg",
    "classes", "s_icm", "amounts", "s_hlh", "languages", "names", "disabilities",
)  # fmt: skip
AFTER_COVERAGES = "reporting"
COVERAGE_ORDER = (
    "c_hd", "c_348", "c_349", "dates", "c_amt", "amounts", "c_1l", "references", "cards", "providers",
    "other_insurance",
)  # fmt: skip

LOOP_OF_ROLE = {"70": "2100B", "31": "2100C", "36": "2100D", "M8": "2100E", "S3": "2100F", "45": "2100H"}
FUNCTION_OF_ROLE = {"36": "EP", "M8": "SK", "S3": "PQ"}  # PER01; RP of responsible persons (2100G)
