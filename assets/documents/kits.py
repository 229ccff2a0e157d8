"""A company's kit: the built-in templates with its own files and words laid over them, checked before anything is set.

A template is a customer's text: it may use the files of its folder and nothing else. What typst could load from the
network, or make up at run time, is refused here; the press (resources/press.py) closes the same doors from outside.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
import stat
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from formats.errors import SettingsError

BUILT_IN = Path(__file__).with_name("templates")
WORDS = "words.toml"
MOST_FILES, MOST_BYTES = 200, 20 * 1024**2
_KINDS = frozenset({".typ", ".toml", ".txt", ".svg", ".png", ".jpg", ".jpeg", ".ttf", ".otf"})
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_COMMENT = re.compile(r"//[^\n]*")
# `import` and `include` stand only before a .typ file of the folder; what would run text as code is not there at all.
_LOADS = re.compile(r"\b(?:import|include)\b(?!\s*\"[A-Za-z0-9_./-]+\.typ\")")
_FORBIDDEN = re.compile(r"\b(?:eval|plugin|std|dictionary)\b")


@dataclass(frozen=True)
class Kit:
    """One company's templates in one folder. `sha256` covers every file, and the engine that sets them."""

    root: Path
    sha256: bytes
    words: Mapping[str, Any]

    def paper(self, template: str) -> str:
        """The file of a document's template; a reminder's own name falls back to the common letter."""
        own = f"{template}.typ"
        return own if _NAME.fullmatch(template) and (self.root / own).is_file() else "reminder.typ"

    def letter(self, template: str) -> str:
        """The file of a mail's template, which falls back likewise."""
        own = f"mail/{template}.txt"
        return own if _NAME.fullmatch(template) and (self.root / own).is_file() else "mail/reminder.txt"

    @cached_property
    def _sandbox(self) -> jinja2.Environment:
        return ImmutableSandboxedEnvironment(
            undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=True
        )

    def day(self, date: dt.date) -> str:
        """A day as the company writes it, in its own words."""
        text = str(self.words["date"]).replace("{month}", self.words["months"][date.month - 1])
        return text.replace("{day}", str(date.day)).replace("{year}", str(date.year))

    def mail(self, template: str, facts: Mapping[str, Any]) -> tuple[str, str]:
        """(subject, text) of a mail. The template's first line is `Subject: ...`, after an empty line comes the text.

        Raises:
            SettingsError: the template asks for what there is not, or has no subject.
        """
        name = self.letter(template)
        try:
            made = self._sandbox.from_string((self.root / name).read_text(encoding="utf-8")).render(
                words=self.words, **facts
            )
        except (
            jinja2.TemplateError,
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ):
            # Its own words could quote a payer.
            raise SettingsError(
                "the mail template can't be filled", where=name, hint="see docs/rooms/documents.md"
            ) from None
        head, _, text = made.partition("\n\n")
        if not head.startswith("Subject: ") or "\n" in head:
            raise SettingsError("the mail template does not begin with one line `Subject: ...`", where=name)
        return head.removeprefix("Subject: ").strip(), text


@contextmanager
def kits(folder: Path, codes: Mapping[int, str]) -> Iterator[dict[int, Kit]]:
    """The kits of some companies for the length of a block; companies without a folder share the built-in one.

    Args:
        folder: a folder per company code; it need not exist.
        codes: company_id to code.

    Raises:
        SettingsError: a company's folder holds what a kit may not hold; names file and rule.
    """
    with tempfile.TemporaryDirectory(prefix="daybook-kits-") as base:  # templates only, nothing of a payer
        made: dict[str, Kit] = {}
        chosen = {}
        for company_id, code in sorted(codes.items()):
            own = folder / code if _CODE.fullmatch(code) and (folder / code).is_dir() else None
            name = code if own else ""
            if name not in made:
                made[name] = _built(Path(base) / f"kit-{len(made)}", own)
            chosen[company_id] = made[name]
        yield chosen


def _built(root: Path, own: Path | None) -> Kit:
    shutil.copytree(BUILT_IN, root)
    words = tomllib.loads((root / WORDS).read_text(encoding="utf-8"))
    if own is not None:
        for path in _files(own):
            target = root / path.relative_to(own)
            if target.name == WORDS and target.parent == root:
                words = _over(words, _toml(path), str(path))
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        _own_words(words, root)
        (root / WORDS).write_text(_as_toml(words), encoding="utf-8")
    return Kit(root, _digest(root), words)


def _files(own: Path) -> list[Path]:
    found = sorted(own.rglob("*"))
    size = 0
    for path in found:
        kind = path.lstat().st_mode
        if stat.S_ISDIR(kind):
            continue
        if not stat.S_ISREG(kind) or path.suffix.lower() not in _KINDS:
            raise SettingsError("a template folder holds templates, words, pictures and fonts only", where=str(path))
        size += path.stat().st_size
        if path.suffix.lower() == ".typ":
            _harmless(path)
    files = [path for path in found if path.is_file()]
    if len(files) > MOST_FILES or size > MOST_BYTES:
        raise SettingsError("the template folder is too large", where=str(own), hint="at most 200 files and 20 MB")
    return files


def _harmless(path: Path) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SettingsError("the template is not UTF-8 text", where=str(path)) from None
    code = _COMMENT.sub("", text)
    if _LOADS.search(code):
        raise SettingsError(
            "a template may import and include .typ files of its own folder and nothing else",
            where=str(path),
            hint='write #import "page.typ": *; in running text use other words',
        )
    if found := _FORBIDDEN.search(code):
        raise SettingsError(f"a template may not use {found[0]}", where=str(path))


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the words are not TOML: {error}", where=str(path)) from error


def _over(words: dict[str, Any], own: dict[str, Any], where: str, at: str = "") -> dict[str, Any]:
    """The words with a company's own in their places; a word that does not exist is a mistake, and said so."""
    out = dict(words)
    for key, value in own.items():
        name = f"{at}{key}"
        if key not in words:
            raise SettingsError(f"there is no word {name}", where=where, hint=f"there are: {', '.join(sorted(words))}")
        if type(value) is not type(words[key]) or (isinstance(value, list) and len(value) != len(words[key])):
            raise SettingsError(f"{name} is not what it should be", where=where, hint=f"built in: {words[key]!r}")
        out[key] = _over(words[key], value, where, f"{name}.") if isinstance(value, dict) else value
    return out


def _own_words(words: dict[str, Any], root: Path) -> None:
    brand = words["brand"]
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", brand["accent"]):
        raise SettingsError("brand.accent is not a colour like #17494d", where=WORDS)
    if brand["logo"] and (Path(brand["logo"]).name != brand["logo"] or not (root / brand["logo"]).is_file()):
        raise SettingsError("brand.logo is not a file of the company's folder", where=WORDS)


def _as_toml(words: Mapping[str, Any]) -> str:
    """Written by hand: the standard library reads TOML only, and this is texts and lists of texts in tables."""
    plain = [f"{key} = {_value(v)}" for key, v in words.items() if not isinstance(v, dict)]
    tables = [
        "\n".join([f"[{name}]", *(f"{key} = {_value(v)}" for key, v in table.items())])
        for name, table in words.items()
        if isinstance(table, dict)
    ]
    return "\n".join(plain) + "\n\n" + "\n\n".join(tables) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    escaped = re.sub(r"[\x00-\x1f\x7f\"\\]", lambda found: f"\\u{ord(found[0]):04x}", str(value))
    return f'"{escaped}"'


def _digest(root: Path) -> bytes:
    digest = hashlib.sha256(f"typst {version('typst')}\n".encode())
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()}\n{content}\n".encode())
    return digest.digest()
