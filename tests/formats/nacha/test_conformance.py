"""Every sample file is read, and our verdict is compared with the reference implementation's.

Disagreements are listed with their reason; an unlisted one fails, and so does a listing that no longer holds.
"""

from pathlib import Path

import polars as pl
import pytest

from formats.nacha import Nacha, check, read
from formats.problems import has_errors

CLASS_220 = "a debit stands in a batch of service class 220 (or a credit in 225), which the operator rejects"
COUNT_BLANK = "an ENR entry must carry its addenda count in columns 55-58; here the name stands there"
OWN_CODE = "a code the standard does not assign is read for a person's review (and never written)"
# Besides these: files in the reference project's own JSON form, which is not an ACH file.
DISAGREEMENTS = {
    "ach/by-sec/enr-read.ach": COUNT_BLANK,
    "ach/by-sec/same-day-ach-ppd-credit.ach": "a million dollars the same day in 2019, when the limit was 25,000",
    "ach/examples/enr-read.ach": COUNT_BLANK,
    "ach/examples/contested-return.ach": "one entry carries three addenda 99; a return allows one",
    "ach/testdata/20180713-IAT.ach": CLASS_220,
    "ach/testdata/20180716-IAT-A17-A18.ach": CLASS_220 + "; 14 addenda where IAT allows 12",
    "ach/testdata/20180716-IAT-A17.ach": CLASS_220,
    "ach/testdata/NACHA_SAMPLE_TEL_REVERSAL.ach": "a reversal may credit under TEL; the reference refuses it",
    "ach/testdata/iat-addenda98.ach": "a change notice must have amount zero (R19)",
    "ach/testdata/iat-invalidAddenda99.ach": OWN_CODE,
    "ach/testdata/pos-invalidReturnFile.ach": OWN_CODE,
    "ach/testdata/return-PPD-custom-reason-code.ach": OWN_CODE,
    "ach/testdata/web-invalidNOCFile.ach": OWN_CODE,
    "ach/testdata/iat-mixedDebitCredit.ach": "its only addenda 17 is numbered 2",
    "ach/testdata/txp-debit.ach": "the addenda is two columns short, so its sequence reads 100 and its trace differs",
    "gateway/incoming/iat-credit.ach": CLASS_220,
}


@pytest.fixture(scope="module")
def samples(nacha_corpus: Path) -> list[tuple[dict[str, str], Nacha]]:
    rows = pl.read_csv(nacha_corpus / "manifest.csv", infer_schema=False).rows(named=True)
    assert len(rows) > 150
    return [(row, read((nacha_corpus / row["file"]).read_bytes())) for row in rows]


def test_every_sample_is_judged_as_the_reference_does(samples: list[tuple[dict[str, str], Nacha]]) -> None:
    disagreeing = set()
    for row, found in samples:
        valid = not has_errors(found.problems) and not has_errors(check(found))
        if valid != (row["reference_valid"] == "true"):
            disagreeing.add(row["file"])
    json_ones = {name for name in disagreeing if name.endswith(".json")}
    assert disagreeing - json_ones == set(DISAGREEMENTS)


def test_json_samples_are_called_no_ach_file(samples: list[tuple[dict[str, str], Nacha]]) -> None:
    for row, found in samples:
        if not row["file"].endswith(".json"):
            continue
        assert found.problems["rule"].to_list() == ["nacha.file.not_ach"], row["file"]
        assert found.entries.is_empty()


def test_sample_contents_agree_with_the_manifest(samples: list[tuple[dict[str, str], Nacha]]) -> None:
    """SEC codes, counts, codes and totals of every sample the reference could read whole."""
    compared = 0
    for row, found in samples:
        if row["reference_valid"] != "true" or row["file"].endswith(".json"):
            continue
        kind = pl.when(pl.col("company_name") == "IATCOR").then(pl.lit("IAT")).otherwise("sec")
        ours = {
            "sec_codes": _words(found.batches.select(kind).to_series()),
            "batches": str(found.batches.height),
            "entries": str(found.entries.height),
            "return_codes": _words(found.addenda["return_code"]),
            "change_codes": _words(found.addenda["change_code"]),
            "total_debit_cents": str(found.file["control_debit_cents"].sum()),
            "total_credit_cents": str(found.file["control_credit_cents"].sum()),
        }
        theirs = {name: row[name] or "" for name in ours}
        assert ours == theirs, row["file"]
        compared += 1
    assert compared > 70


def _words(values: pl.Series) -> str:
    return " ".join(sorted(values.drop_nulls().unique().to_list()))
