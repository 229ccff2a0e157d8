"""Every rule by its id, in words: what the reader, the checker and the writer may say about an enrollment file."""

import polars as pl

from formats.edi834.extras import EXTRAS
from formats.edi834.guide import rules_of
from formats.edi834.guide_rule import Rule
from formats.edi834.meaning import coverage_meaning, member_meaning
from formats.edi834.meaning_extras import extra_meaning
from formats.edi834.partner import absent_rows
from formats.edi834.profile import OLD_VERSION, Profile
from formats.edi834.profile_parts import Party
from formats.edi834.reader_left import KEPT_BESIDE, LEFT_OUT
from formats.edi834.schema import COVERAGES, MEMBERS
from formats.problems import ERROR, INFO, WARNING

_ENVELOPE = "The content was read all the same; ask the sender for a corrected file"
_LEFT_OUT = "It was left out; ask the sender to correct it"
_READING = (  # what a reader says: id, severity, element, words, hint
    ("x12.not_x12", ERROR, "ISA", "the file is empty or not X12", "Check that the right file was taken"),
    ("x12.no_isa", ERROR, "ISA", "the ISA is missing", "Delimiters were guessed; ask for a whole file"),
    ("x12.isa.length", ERROR, "ISA", "the ISA has not 106 characters", "Delimiters were taken from what is there"),
    ("x12.leading", WARNING, "ISA", "there is text before the first ISA", "It was skipped"),
    ("x12.bom", WARNING, "ISA", "the file begins with a byte order mark", "It was skipped"),
    ("x12.nul", WARNING, "data", "the file holds NUL characters", "They were left out; no record can hold them"),
    ("x12.encoding", WARNING, "data", "the file is UTF-16, or not UTF-8", "Ask the sender for plain ASCII"),
    ("edi834.envelope.version", WARNING, "GS08", "the guide version is missing or not an 834 we know", _ENVELOPE),
    ("edi834.envelope.other_set", INFO, "ST01", "this set is not an 834 and was not read as one", _ENVELOPE),
    *(
        (f"edi834.envelope.bgn{number}", ERROR, f"BGN{number}", f"the {word} is missing", _ENVELOPE)
        for number, word in (("02", "file reference"), ("03", "date"), ("04", "time"), ("08", "action code"))
    ),
    ("edi834.envelope.quantity", ERROR, "QTY02", "a total is not a whole number", _ENVELOPE),
    *(
        row
        for end, start, counted in (("se", "ST", "segments"), ("ge", "GS", "sets"), ("iea", "ISA", "groups"))
        for row in (
            (f"edi834.envelope.{end}_count", ERROR, f"{end.upper()}01", f"not the number of {counted}", _ENVELOPE),
            (f"edi834.envelope.{end}_control", ERROR, f"{end.upper()}02", f"not the number of its {start}", _ENVELOPE),
            (f"edi834.envelope.missing_{end}", ERROR, end.upper(), f"a {start} has no end", _ENVELOPE),
            (f"edi834.envelope.stray_{end}", ERROR, end.upper(), f"an end without {start}", _ENVELOPE),
        )
    ),
    ("edi834.read.date", ERROR, "DTP03", "not a date of the form CCYYMMDD", _LEFT_OUT),
    ("edi834.read.amount", ERROR, "AMT02", "not an amount of dollars and cents", _LEFT_OUT),
    ("edi834.read.number", ERROR, "IDC03", "not a whole number", _LEFT_OUT),
    ("edi834.read.segment", WARNING, "any", "a segment is not one that is read, or once too often", LEFT_OUT),
    ("edi834.read.element", WARNING, "any", "an element holds something that is not read", LEFT_OUT),
    ("edi834.read.repeated", WARNING, "REF", "what a member or coverage has once stands again; kept", KEPT_BESIDE),
    ("edi834.read.ins01", WARNING, "INS01", "neither Y (subscriber) nor N (dependent)", "Taken as a dependent"),
    *(
        (f"edi834.total.{code}", ERROR, "QTY02", f"QTY*{code.upper()} is not what was counted", "Ask which is right")
        for code in ("to", "et", "dt")
    ),
)


def rules() -> pl.DataFrame:
    """All rules: columns rule, severity (of a full file under a strict profile), element, message, hint; by id.

    Ids of `referee.py` are not among them: they are pyx12's codes, `edi834.referee.<level>.<code>`.
    """
    rows = [*_READING]
    for profile in _profiles():
        rows += [(r.id, r.severity, r.element, r.message, r.hint) for r in _checking(profile)]
    columns = ["rule", "severity", "element", "message", "hint"]
    return (
        pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String()), orient="row")
        .unique("rule", keep="first")
        .sort("rule")
    )


def _profiles() -> list[Profile]:
    """Profiles under which every rule has its turn."""
    terms = Profile(
        name="rules", sender_id="SENDER", receiver_id="RECEIVER", sponsor=Party(name="SPONSOR", id="123456789"),
        payer=Party(name="PAYER", id="123456789"), child_age_limit=26, plans=[],
        illegal_characters="refuse", requires_address=True, required=["HD04"], codes={"HD03": {"HLT": "HLT"}},
    )  # fmt: skip
    return [terms, terms.model_copy(update={"version": OLD_VERSION})]


def _checking(profile: Profile) -> list[Rule]:
    shapes = {"members": {**MEMBERS, **EXTRAS["details"]}, "coverages": COVERAGES, **EXTRAS}
    found: list[Rule] = []
    for name, shape in shapes.items():
        if name != "details":
            found += rules_of(name, pl.DataFrame(schema=shape), profile) + extra_meaning(name)
    found += member_meaning(profile, list(shapes["members"])) + coverage_meaning(profile)
    return found + [rule for some in absent_rows({}, profile).values() for rule in some]
