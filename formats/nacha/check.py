"""Checking: the rules of the standard over the frames of a file, each with a stable id.

What `read` could not parse is in `Nacha.problems`; here are the rules about content and the recount of the
controls. Sources: sections 2 to 6 and 8 of the record rules (operator's rejects R13 .. R36).
"""

import polars as pl

from formats.nacha.codes import hinted
from formats.nacha.controls import control_problems
from formats.nacha.enrich import entries_with_facts
from formats.nacha.profile import STRICT, Profile
from formats.nacha.rules_addenda import ADDENDA_RULES, ANSWER_RULES, addenda_with_facts
from formats.nacha.rules_batch import BATCH_RULES, FILE_RULES, batches_with_facts, files_with_facts
from formats.nacha.rules_dated import dated_problems
from formats.nacha.rules_entry import ADV_RULES, ENTRY_RULES, TRACE_RULES
from formats.nacha.rules_iat import IAT_ADDENDA_RULES, IAT_BATCH_RULES, IAT_BLANK_RULES
from formats.nacha.schema import Nacha
from formats.rules import NONE, broken, relaxed, together

_OF_BATCHES = [*BATCH_RULES, *IAT_BATCH_RULES]
_OF_IAT_ADDENDA = [*IAT_ADDENDA_RULES, *IAT_BLANK_RULES]


def check(nacha: Nacha, profile: Profile = STRICT) -> pl.DataFrame:
    """Report what breaks the standard (columns of `PROBLEMS`), with the profile's relaxations as warnings."""
    entries = entries_with_facts(nacha)
    found = [content_problems(nacha, entries), control_problems(nacha, entries)]
    return relaxed(hinted(together(found)), profile.relaxed)


def content_problems(nacha: Nacha, entries: pl.DataFrame) -> pl.DataFrame:
    """Report what breaks the rules about content; `entries` are those of `entries_with_facts`."""
    inside = entries.filter(pl.col("batch").is_not_null()) if entries["batch"].null_count() else entries
    return together(
        [
            broken(files_with_facts(nacha.file, nacha.batches), FILE_RULES),
            broken(batches_with_facts(nacha.batches, entries), _OF_BATCHES),
            broken(entries, ENTRY_RULES),
            broken(inside, TRACE_RULES),
            broken(_advices(nacha, entries), ADV_RULES),
            _addenda_problems(nacha.addenda, entries),
            dated_problems(nacha, entries),
        ]
    )


def _addenda_problems(addenda: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    if addenda.is_empty():
        return NONE
    known = addenda_with_facts(addenda, entries)
    return together(
        [
            broken(known, ADDENDA_RULES),
            broken(known.filter(pl.col("type_code").is_in(["98", "99"])), ANSWER_RULES),
            broken(known.filter(pl.col("is_iat")), _OF_IAT_ADDENDA),
        ]
    )


def _advices(nacha: Nacha, entries: pl.DataFrame) -> pl.DataFrame:
    return entries.filter(pl.col("sec") == "ADV") if (nacha.batches["sec"] == "ADV").any() else entries.clear()
