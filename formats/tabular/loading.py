"""A layout from TOML, proven to be one that can be written and told apart."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from formats.errors import SettingsError
from formats.tabular.consistency import contradictions
from formats.tabular.layout import Layout


def load_layout(source: Path | Mapping[str, Any]) -> Layout:
    """Read a layout from a TOML file, or from the same keys as a mapping.

    Raises SettingsError that names the file and every wrong key, or what contradicts what, in plain words.
    """
    where = str(source) if isinstance(source, Path) else str(source.get("name", ""))
    try:
        keys = tomllib.loads(source.read_text(encoding="utf-8")) if isinstance(source, Path) else dict(source)
        layout = Layout.model_validate(keys)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "The layout cannot be read", where=where, hint="check the path, and that it is UTF-8 text"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"The layout is not valid TOML: {error}", where=where, hint="correct the line it names"
        ) from error
    except ValidationError as error:
        raise SettingsError(
            f"The layout has wrong values: {_faults(error)}", where=where, hint="correct the named keys"
        ) from error
    if found := contradictions(layout):
        raise SettingsError(
            f"The layout contradicts itself: {'; '.join(found)}", where=where, hint="correct the named keys"
        )
    return layout


def _faults(error: ValidationError) -> str:
    found = error.errors(include_input=False, include_url=False)
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'layout'}: {re.sub('^Value error, ', '', e['msg'])}" for e in found
    )
