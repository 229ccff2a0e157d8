"""Texts as XML: an element tree built column-wise, or a Jinja2 template that a person edits, in a sandbox."""

from collections.abc import Mapping
from typing import Any

import jinja2
import polars as pl
from jinja2.sandbox import ImmutableSandboxedEnvironment

from formats.errors import FormatError, SettingsError
from formats.tabular.draft import columns
from formats.tabular.layout import Layout, Record, Xml
from formats.tabular.lines import in_order, padded
from formats.tabular.sources import PEOPLE

_NAMES = {"ascii": "US-ASCII", "latin-1": "ISO-8859-1", "utf-8": "UTF-8"}
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def escaped(text: str) -> str:
    """A text as an attribute or element may hold it."""
    return "".join(_ESCAPES.get(c, c) for c in text)


def tree(body: dict[str, pl.DataFrame], ends: dict[str, pl.DataFrame], layout: Layout) -> str:
    """The document of a layout with a root element.

    Args:
        body: texts by name of the body's records.
        ends: texts, one row each, of the headers and trailers.
        layout: an XML layout without template.
    """
    xml, end = layout.xml or Xml(), layout.line_break
    spaces = "".join(f' xmlns{":" * bool(p)}{p}="{escaped(uri)}"' for p, uri in sorted(xml.namespaces.items()))
    heads, tails = (
        "".join(_elements(ends[r.name], r, layout)["open"].item() + f"</{r.tag}>" + end for r in records)
        for records in (layout.headers, layout.trailers)
    )
    inside = _wrapped(_families(body, layout), xml.body, end)
    start = f'<?xml version="1.0" encoding="{_NAMES[layout.charset]}"?>{end}<{xml.root}{spaces}>{end}'
    return f"{start}{heads}{inside}{tails}</{xml.root}>{end}"


def _wrapped(text: str, element: str | None, end: str) -> str:
    return f"<{element}>{end}{text}</{element}>{end}" if element else text


def _families(body: dict[str, pl.DataFrame], layout: Layout) -> str:
    """The people's elements in order, their coverages inside, families in their element where there is one."""
    xml, end = layout.xml or Xml(), layout.line_break
    people = [(i, _elements(body[r.name], r, layout)) for i, r in enumerate(layout.body) if r.kind != "coverage"]
    whole = in_order(people, layout)
    held = [(i, _elements(body[r.name], r, layout)) for i, r in enumerate(layout.body) if r.kind == "coverage"]
    if held:
        inner = in_order(held, layout).select(
            "row", pl.concat_str("open", pl.lit("</"), "tag", pl.lit(">" + end)).alias("inner")
        )
        inner = inner.group_by("row", maintain_order=True).agg(pl.col("inner").str.join(""))
        first, last = (f"<{xml.coverages}>{end}", f"</{xml.coverages}>{end}") if xml.coverages else ("", "")
        inner = inner.select("row", pl.concat_str(pl.lit(end + first), "inner", pl.lit(last)).alias("inner"))
        whole = whole.join(inner, on="row", how="left", maintain_order="left")
    else:
        whole = whole.with_columns(pl.lit("").alias("inner"))
    text = pl.concat_str("open", pl.col("inner").fill_null(""), pl.lit("</"), "tag", pl.lit(">" + end))
    whole = whole.select("family", text.alias("text"))
    if xml.family:
        whole = whole.group_by("family", maintain_order=True).agg(pl.col("text").str.join(""))
        around = (pl.lit(f"<{xml.family}>{end}"), "text", pl.lit(f"</{xml.family}>{end}"))
        whole = whole.select(pl.concat_str(*around).alias("text"))
    return str(whole["text"].str.join("").item())


def _elements(texts: pl.DataFrame, record: Record, layout: Layout) -> pl.DataFrame:
    """KEYS, `open` (the record's element without its end tag) and `tag`."""
    paths = {
        tuple(cell.name.split("/")): padded(pl.col(name), cell, layout).str.replace_many(_ESCAPES)
        for name, cell in zip(columns(record), record.fields, strict=True)
    }
    attributes, content = _inside(paths)
    opening = pl.concat_str(pl.lit(f"<{record.tag}"), *attributes, pl.lit(">"), *content)
    return texts.with_columns(opening.alias("open"), pl.lit(record.tag).alias("tag")).drop(columns(record))


def _inside(paths: Mapping[tuple[str, ...], pl.Expr]) -> tuple[list[pl.Expr], list[pl.Expr]]:
    """Attributes and content of an element, from the texts by path below it; what is blank leaves no element."""
    attributes, content = [], []
    below: dict[str, dict[tuple[str, ...], pl.Expr]] = {}
    for path, text in paths.items():
        if path[0].startswith("@"):
            shown = pl.concat_str(pl.lit(f' {path[0][1:]}="'), text, pl.lit('"'))
            attributes.append(pl.when(text != "").then(shown).otherwise(pl.lit("")))
        else:
            below.setdefault(path[0], {})[path[1:]] = text
    for name, inner in below.items():
        own = [inner.pop(())] if () in inner else []
        marks, parts = _inside(inner)
        whole = pl.concat_str(pl.lit(f"<{name}"), *marks, pl.lit(">"), *own, *parts, pl.lit(f"</{name}>"))
        there = pl.any_horizontal(part != "" for part in (*own, *marks, *parts))
        content.append(pl.when(there).then(whole).otherwise(pl.lit("")))
    return attributes, content


def templated(body: dict[str, pl.DataFrame], ends: dict[str, pl.DataFrame], layout: Layout) -> str:
    """The document as the layout's template makes it, everything escaped, nothing else within its reach.

    The template sees `families`, each a list of people; a person is a mapping of its fields with `record`
    and `coverages`, a list of such mappings. Headers and trailers stand under the names of their records.

    Raises:
        FormatError: the template asks for what is not there. The message does not repeat what it says of values.
        SettingsError: it calls itself without end.
    """
    room = ImmutableSandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
                                         lstrip_blocks=True, keep_trailing_newline=True)  # fmt: skip
    given: dict[str, Any] = {r.name: _mappings(ends[r.name], r, layout)[0] for r in (*layout.headers, *layout.trailers)}
    try:
        return room.from_string((layout.xml or Xml()).template or "").render(**given, families=_nested(body, layout))
    except RecursionError:
        raise SettingsError(
            "The template of the layout calls itself without end", where=layout.name,
            hint="let no macro or loop of it call itself",
        ) from None  # fmt: skip
    except (jinja2.TemplateError, TypeError, ValueError, LookupError, ArithmeticError) as error:
        raise FormatError(
            "The template of the layout cannot be filled", where=f"{layout.name}, {type(error).__name__}",
            hint="use the names of the layout's records and fields only",
        ) from None  # fmt: skip


def _mappings(texts: pl.DataFrame, record: Record, layout: Layout) -> list[dict[str, str]]:
    named = dict(zip(columns(record), record.fields, strict=True))
    plain = texts.select(padded(pl.col(n), c, layout).alias(c.name) for n, c in named.items())
    return plain.to_dicts()


def _nested(body: dict[str, pl.DataFrame], layout: Layout) -> list[list[dict[str, Any]]]:
    families: dict[int, dict[int, list[dict[str, Any]]]] = {}
    for record in sorted(layout.body, key=lambda r: r.kind not in PEOPLE):
        texts = body[record.name].sort("row", "seq")
        places = texts.select("family", "row").iter_rows()
        for (family, row), fields in zip(places, _mappings(texts, record, layout), strict=True):
            if record.kind == "coverage":
                for person in families.get(family, {}).get(row, [])[:1]:
                    person["coverages"].append(fields | {"record": record.name})
            else:
                held = families.setdefault(family, {}).setdefault(row, [])
                held.append(fields | {"record": record.name, "coverages": []})
    return [[p for _, people in sorted(rows.items()) for p in people] for _, rows in sorted(families.items())]
