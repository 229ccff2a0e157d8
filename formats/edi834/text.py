"""Data text as X12 may carry it: character sets, transliteration of accents, no delimiters in data."""

import re

import polars as pl

from formats.edi834.profile import Profile

# Letters that do not fall apart into a base letter and a mark, and typographic marks people paste.
# ruff: noqa: RUF001 -- that these look like other letters is the point of the table
_SPELLED = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ı": "i", "ħ": "h", "Ħ": "H", "ŋ": "n",
    "‘": "'", "’": "'", "ʼ": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "…": "...", "\u00a0": " ",
}  # fmt: skip

# The basic set is upper-case letters, digits and these marks; the extended set adds the others (X12.5).
BASIC = "A-Z0-9 !\"&'()*+,\\-./:;?="
_EXTENDED = BASIC + "a-z%~@\\[\\]_{}\\\\|<>#$^`"


def _outside(profile: Profile) -> str:
    """A pattern of what may not stand in data: outside the character set, or one of the delimiters."""
    allowed = BASIC if profile.charset == "basic" else _EXTENDED
    marks = profile.element + profile.repetition + profile.component + profile.terminator
    return f"[^{allowed}]|[{re.escape(marks)}]"


def plain_ascii(column: pl.Expr) -> pl.Expr:
    """Spell accents and typographic marks in ASCII: é as e, ß as ss; what has no spelling stays as it is."""
    return (
        column.str.replace_many(list(_SPELLED), list(_SPELLED.values()))
        .str.normalize("NFKD")
        .str.replace_all(r"\p{M}+", "")
    )


def accented(column: pl.Expr) -> pl.Expr:
    """Whether a value holds anything outside ASCII."""
    return column.str.len_bytes() != column.str.len_chars()


def spelled(frame: pl.DataFrame, columns: list[str], profile: Profile) -> pl.DataFrame:
    """The columns trimmed (empty is null), in ASCII, and in capitals when the partner's set is basic."""
    trimmed = frame.with_columns(pl.col(columns).str.strip_chars())
    foreign = trimmed.select(accented(pl.col(columns)).any()).row(0, named=True)
    work = [plain_ascii(pl.col(c)) if foreign[c] else pl.col(c) for c in columns]
    if profile.charset == "basic":
        work = [w.str.to_uppercase() for w in work]
    done = trimmed.with_columns(work)
    return done.with_columns(pl.when(pl.col(c) != "").then(pl.col(c)).alias(c) for c in columns)


def illegal(column: pl.Expr, profile: Profile) -> pl.Expr:
    """Whether a spelled value still holds a delimiter, a control character or one outside the set."""
    return column.str.contains(_outside(profile))


def replaced(frame: pl.DataFrame, columns: list[str], profile: Profile) -> pl.DataFrame:
    """The columns with every illegal character turned into a blank, blanks closed up, empty as null."""
    found = frame.select(illegal(pl.col(columns), profile).any()).row(0, named=True)
    dirty = [c for c in columns if found[c]]
    done = frame.with_columns(
        pl.col(dirty).str.replace_all(_outside(profile), " ").str.replace_all(" {2,}", " ").str.strip_chars()
    )
    return done.with_columns(pl.when(pl.col(c) != "").then(pl.col(c)).alias(c) for c in dirty)
