"""Reads the text layer of the PDFs we make: enough to say what stands on a page, and no more."""

from __future__ import annotations

import re
import zlib


def pages(pdf: bytes) -> list[str]:
    """The text of each page, in the order in which it was set; blanks between pieces are single."""
    objects = _objects(pdf)
    found = []
    for body, _ in objects.values():
        if not re.search(rb"/Type\s*/Page\b", body):
            continue
        fonts = _fonts(body, objects)
        content = b"".join(objects[int(n)][1] for n in re.findall(rb"(\d+) 0 R", _entry(body, rb"/Contents")))
        found.append(" ".join(_texts(content, fonts)))
    return found


def text(pdf: bytes) -> str:
    """All pages as one text."""
    return " ".join(pages(pdf))


def _objects(pdf: bytes) -> dict[int, tuple[bytes, bytes]]:
    found = {}
    for match in re.finditer(rb"(?m)^(\d+) 0 obj\s(.*?)endobj", pdf, re.DOTALL):
        body, stream = match[2], b""
        if b"stream" in body:
            head, _, rest = body.partition(b"stream")
            raw = re.sub(rb"^\r?\n", b"", rest).rpartition(b"endstream")[0]
            stream = zlib.decompressobj().decompress(raw) if b"FlateDecode" in head else raw
            body = head
        found[int(match[1])] = (body, stream)
    return found


def _entry(body: bytes, name: bytes) -> bytes:
    at = body.index(name) + len(name)
    return re.match(rb"\s*(\[[^\]]*\]|\d+ 0 R|<<.*?>>)", body[at:], re.DOTALL)[1]  # type: ignore[index]


def _fonts(page: bytes, objects: dict[int, tuple[bytes, bytes]]) -> dict[bytes, dict[int, str]]:
    resources = page
    if re.match(rb"\s*\d+ 0 R", page[page.index(b"/Resources") + 10 :]):
        resources = objects[int(_entry(page, b"/Resources").split()[0])][0]
    if b"/Font" not in resources:
        return {}
    named = _entry(resources, b"/Font")
    if not named.startswith(b"<<"):
        named = objects[int(named.split()[0])][0]
    return {
        name: _characters(objects[int(_entry(objects[int(n)][0], b"/ToUnicode").split()[0])][1])
        for name, n in re.findall(rb"(/f\d+) (\d+) 0 R", named)
    }


def _characters(cmap: bytes) -> dict[int, str]:
    return {
        int(code, 16): bytes.fromhex(value.decode()).decode("utf-16-be")
        for code, value in re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", cmap)
    }


_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_STRING = rb"\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*)\)"  # brackets in pairs stand unescaped


def _texts(content: bytes, fonts: dict[bytes, dict[int, str]]) -> list[str]:
    found, font = [], {}
    shown = rb"(/f\d+) [\d.]+ Tf|(\[(?:[^\[\]()]|" + _STRING + rb")*\]\s*TJ|" + _STRING + rb"\s*Tj)"
    for match in re.finditer(shown, content, re.DOTALL):
        if match[1]:
            font = fonts[match[1]]
            continue
        raw = b"".join(_plain(piece) for piece in re.findall(_STRING, match[2], re.DOTALL))
        codes = [int.from_bytes(raw[n : n + 2], "big") for n in range(0, len(raw), 2)]
        found.append("".join(font.get(code, "") for code in codes))
    return found


def _plain(piece: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        escape = found[1]
        return bytes([int(escape, 8)]) if escape[:1].isdigit() else _ESCAPES.get(escape, escape)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, piece, flags=re.DOTALL)
