from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "nacha"


@pytest.fixture(scope="session")
def nacha_corpus() -> Path:
    if not (CORPUS / "manifest.csv").is_file():
        pytest.skip("the sample corpus of ACH files is not beside this project")
    return CORPUS
