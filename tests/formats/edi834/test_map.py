"""The layout and the code lists against the map that pyx12 carries: every element and every code can be written."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from formats.edi834 import COVERAGES, EXTRAS, MEMBERS, Enrollment, Profile, write
from formats.edi834.guide import rules_of
from formats.edi834.layout import COVERAGE, EXTRA, LOOP_OF_ROLE, MEMBER, OLD_ROLES, Segment
from formats.edi834.placing import LOOPS, placed
from formats.edi834.profile import OLD_VERSION, VERSION
from formats.edi834.segments import SEPARATOR, split
from tests.formats.edi834.book import STAMP, profile
from tests.formats.edi834.extras_book import abroad, loaded
from tests.formats.edi834.old_book import old_loaded

MAP, OLD_MAP = "834.5010.X220.A1.xml", "834.4010.X095.A1.xml"
NAMES = [f"2100{letter}" for letter in "BCDEFGH"]
FRAMES = {
    "2000": ["members", "references", "dates"], "2100A": ["members", "classes", "amounts", "languages"],
    **{name: ["names"] for name in NAMES}, "2200": ["disabilities"],
    "2300": ["coverages", "dates", "amounts", "references", "cards"], "2310": ["providers"],
    "2320": ["other_insurance"], "2330": ["insurers"], "2700": ["reporting"], "2750": ["reporting"],
}  # fmt: skip
# What the writer makes itself: yes and no, IL and 74, 34 and ZZ, PER01 of each role, D8 and RD8; and lists in a shape.
MADE = ("INS01", "NM101", "NM108", "PER01", "DTP02", "DMG05", "COB04")


def segments_of(frame: str) -> tuple[Segment, ...]:
    tables = {"members": tuple(MEMBER.values()), "coverages": tuple(COVERAGE.values())}
    return tables.get(frame) or EXTRA[frame]


def used(node: ET.Element) -> bool:
    return node.findtext("usage") in ("R", "S")


def mapped(name: str = MAP) -> Iterator[tuple[str, str, ET.Element]]:
    """(loop, segment, element or composite) of all that the guide uses below loop 2000."""
    text = (files("pyx12") / "map" / name).read_text(encoding="utf-8")
    for loop in ET.fromstring(text).iter("loop"):  # noqa: S314 - a file of the environment
        if (place := loop.get("xid", "")) in FRAMES:
            for segment in loop.findall("segment"):
                parts = [e for kind in ("element", "composite") for e in segment.findall(kind)]
                yield from ((place, segment.get("xid", ""), e) for e in parts if used(e))


def written(loop: str, name: str) -> set[int]:
    """The numbers of the elements that the layout of a loop writes into a segment."""
    found: set[int] = set()
    for segment in (s for frame in FRAMES[loop] for s in segments_of(frame) if s.name == name):
        for element in segment.elements:
            pairs = element.kind == "made" and element.columns[0] in ("per", "per2")
            if element.kind != "blank":
                found |= set(range(element.number, element.number + (6 if pairs else 1)))
    return found


def number(element: ET.Element) -> int:
    return int(element.findtext("seq") or 0)


def test_every_element_of_the_map_has_its_place() -> None:
    missing = [(loop, name, number(e)) for loop, name, e in mapped() if number(e) not in written(loop, name)]
    assert missing == []


def held(data: bytes) -> set[tuple[str, str, int]]:
    """(loop, segment, element) of every element that has a value below loop 2000 of a file."""
    names = {old: LOOP_OF_ROLE[role] for role, old in OLD_ROLES.items()} | LOOP_OF_ROLE
    found, name = set[tuple[str, str, int]](), ""
    located = placed(split(data).segments).filter(pl.col("member").is_not_null())
    for code, segment, text in located.select("loop", "id", "text").iter_rows():
        parts, loop = text.split(SEPARATOR), LOOPS[code]
        if segment == "NM1" and loop == "2100":
            name = names.get(parts[1], "2100G")
        if loop == "2700" and segment != "LX":
            loop = "2750"
        found |= {(name if loop == "2100" else loop, segment, n) for n, part in enumerate(parts) if part}
    return found


@pytest.mark.parametrize(
    ("some", "terms", "name"), [([loaded(), abroad()], {}, MAP), ([old_loaded()], {"version": OLD_VERSION}, OLD_MAP)]
)
def test_files_with_one_of_everything_hold_every_element_of_the_map(
    some: list[Enrollment], terms: dict[str, Any], name: str
) -> None:
    there = set[tuple[str, str, int]]().union(*(held(write(made, profile(**terms), STAMP)) for made in some))
    assert {(loop, segment, number(e)) for loop, segment, e in mapped(name)} - there == set()


def allowed(frame: str, terms: Profile) -> dict[str, set[str]]:
    """The codes that the rules of a frame take, by element."""
    shapes = {"members": {**MEMBERS, **EXTRAS["details"]}, "coverages": COVERAGES, **EXTRAS}
    found: dict[str, set[str]] = {}
    for rule in rules_of(frame, pl.DataFrame(schema=shapes[frame]), terms):
        if rule.id.startswith("edi834.code.") and ":" in rule.hint:
            found.setdefault(rule.element, set()).update(rule.hint.partition(": ")[2].split())
    return found


@pytest.mark.parametrize("version", [VERSION, OLD_VERSION])
@pytest.mark.parametrize("loop", sorted(FRAMES))
def test_every_code_of_the_map_is_taken(loop: str, version: str) -> None:
    terms = profile(version=version)
    rules = {element: codes for frame in FRAMES[loop] for element, codes in allowed(frame, terms).items()}
    rules["HD05"] = set(terms.tiers.values())
    rules["N103"] = allowed("insurers", terms)["NM108"]
    made = {
        (f"{s.name}{e.number:02d}", e.literal)
        for frame in FRAMES[loop] for s in segments_of(frame) for e in s.elements if e.literal
    }  # fmt: skip
    made |= {("N101", "IN")} | {("NM101", role) for role in OLD_ROLES.values()}  # 4010 spells these differently
    for _, name, element in (m for m in mapped(OLD_MAP if version == OLD_VERSION else MAP) if m[0] == loop):
        place = "PER03" if name == "PER" and number(element) in (5, 7) else f"{name}{number(element):02d}"
        held = rules.get(f"{loop[:4].replace('2100', '2000')}.{place}", rules.get(place, set()))
        codes = {c.text or "" for c in element.findall("valid_codes/code")}
        if held or place not in MADE:
            assert {c for c in codes - held if (place, c) not in made} == set(), (loop, place)
