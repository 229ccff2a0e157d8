"""The child behind press.py: sets one document after the other, knowing nothing but a folder of templates.

Started by path in an isolated interpreter without environment. Reads a JSON object a line; answers a JSON line and,
when it worked, as many bytes as that says. Imports nothing of ours.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import typst

_MEMORY = 4 * 1024**3


def _compiler(root: Path) -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False,  # the same bytes on every machine
        font_paths=[str(root / "fonts")] if (root / "fonts").is_dir() else [],
    )
    nowhere = str(root / "no-packages")
    return typst.Compiler(
        root=str(root),
        font_paths=fonts,
        ignore_system_fonts=True,
        package_path=nowhere,
        package_cache_path=nowhere,
    )


def _set(compilers: dict[str, typst.Compiler], job: dict[str, Any]) -> bytes | list[bytes] | None:
    root = job["root"]
    if root not in compilers:
        compilers.clear()
        compilers[root] = _compiler(Path(root))
    return compilers[root].compile(
        str(Path(root) / job["template"]),
        format=job["format"],
        ppi=job["ppi"],
        sys_inputs={"data": job["data"]},
        timestamp=job["timestamp"],
    )


def main() -> None:
    """Serve until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    out = sys.stdout.buffer
    compilers: dict[str, typst.Compiler] = {}
    for line in sys.stdin.buffer:
        try:
            made = _set(compilers, json.loads(line))
            pages = made if isinstance(made, list) else [made or b""]
            answer, body = {"sizes": [len(page) for page in pages]}, b"".join(pages)
        except (typst.TypstError, OSError, ValueError) as error:
            answer, body = {"error": str(error)}, b""  # type: ignore[dict-item]
        out.write(json.dumps(answer).encode() + b"\n" + body)
        out.flush()


if __name__ == "__main__":
    main()
