from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def corpus(corpus: Path) -> Path:
    return corpus / "edi834"
