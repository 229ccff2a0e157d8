"""Templates: a company's own over the built-in ones, and nothing that reaches beyond its folder."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from assets.documents.kits import kits
from assets.documents.samples import SAMPLES, proof, sample
from formats.errors import FormatError, SettingsError
from resources.press import Job, Press, press
from tests.support import pdf

TEMPLATES = ("invoice", "list_bill", "receipt", "memo", "reminder")
FACTS = {"number": "17", "invoice": "17", "date": "2026-10-01", "company": "Harbor", "event": "invoice/17"}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The folder of company HARBOR."""
    folder = tmp_path / "templates" / "HARBOR"
    folder.mkdir(parents=True)
    return folder


def built(own: Path) -> None:
    with kits(own.parent, {1: "HARBOR"}):
        pass


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_sets_its_sample_to_the_same_bytes(setting: Press, own: Path, template: str) -> None:
    with kits(own.parent / "none", {1: "HARBOR"}) as chosen:
        one = setting.pdf(sample(chosen[1], template))
    with kits(own.parent / "none", {1: "HARBOR"}) as chosen:  # in another folder
        assert setting.pdf(sample(chosen[1], template)) == one
    assert len(pdf.pages(one)) == (2 if template == "list_bill" else 1)


def test_a_list_bill_shows_balance_members_changes_and_payroll(setting: Press, own: Path) -> None:
    with kits(own.parent, {1: "OTHER"}) as chosen:
        said = pdf.text(setting.pdf(sample(chosen[1], "list_bill")))
    # The worked bill of billing reference section 9.
    for words in (
        "Group Eastern Plant (EAST)",
        "Previous bill $2,418.60 Payments received, thank you \u2212$2,300.00 Balance forward $118.60",
        "Current charges $1,617.25 Changes to earlier months \u2212$13.55 Amount due $1,722.30",
        "Dora Dale E-1004 Evergreen Bronze  Member only · Late charge enrolled late March 2027 $139.56 $398.75",
        "26 pays a year for Mar 2027 \u2013 Apr 2027 Employees' part of this bill $561.30",
        "Please pay $1,722.30 by April 1, 2027 and name invoice 311.",
    ):
        assert words in said.replace("\u2019", "'"), said


def test_own_words_colour_and_logo(setting: Press, own: Path) -> None:
    (own / "words.toml").write_text(
        '[brand]\naccent = "#aa3300"\nlogo = "logo.svg"\n[titles]\ninvoice = "Premium \\"statement\\""\n'
        '[terms]\nmember = "Associate"\namount_due = "Contribution due"\n'
    )
    (own / "logo.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    )
    with kits(own.parent, {1: "HARBOR", 2: "GUILD"}) as chosen:
        said, plain = (pdf.text(setting.pdf(sample(chosen[c], "invoice"))) for c in (1, 2))
        assert chosen[1].sha256 != chosen[2].sha256
    assert "CONTRIBUTION DUE" in said
    assert 'Premium "statement"' in said.replace("\u201c", '"').replace("\u201d", '"')
    assert "CONTRIBUTION" not in plain
    assert "AMOUNT DUE" in plain


def test_own_template_over_a_built_in_one(setting: Press, own: Path) -> None:
    (own / "receipt.typ").write_text(
        '#import "page.typ": *\n#show: paper.with("Thanks", d.number, ())\nPaid #money(d.cents)'
    )
    (own / "mail").mkdir()
    (own / "mail" / "invoice.txt").write_text("Subject: Bill {{ number }}\n\nHello from {{ company }}")
    with kits(own.parent, {1: "HARBOR"}) as chosen:
        assert "Paid $1,381.35" in pdf.text(setting.pdf(sample(chosen[1], "receipt")))
        assert chosen[1].mail("invoice", FACTS) == ("Bill 17", "Hello from Harbor")
        assert chosen[1].day(dt.date(2026, 10, 1)) == "October 1, 2026"
        assert chosen[1].mail("receipt", FACTS)[0] == "Receipt 17, Harbor"
        assert chosen[1].mail("second-notice", FACTS)[0] == "About your invoice 17, Harbor"  # no such: the common one


@pytest.mark.parametrize(
    "code",
    [
        '#import "@preview/cetz:0.3.0"',
        '#import ("@pre" + "view/cetz:0.3.0")',
        '#let x = "a.typ"\n#import x',
        '#eval("1")',
        '#plugin("a.wasm")',
        "#dictionary(std)",
    ],
)
def test_code_from_elsewhere_is_refused(own: Path, code: str) -> None:
    (own / "invoice.typ").write_text(code)
    with pytest.raises(SettingsError, match="a template may"):
        built(own)


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../../../../etc/passwd", "../secret.txt"])
def test_a_template_reads_its_own_folder_only(setting: Press, own: Path, path: str) -> None:
    (own.parent / "secret.txt").write_text("secret")
    (own / "invoice.typ").write_text(f'#read("{path}")')
    with kits(own.parent, {1: "HARBOR"}) as chosen, pytest.raises(SettingsError, match="can't be set"):
        proof(setting, chosen[1], "invoice")


def test_links_and_strange_files_are_refused(own: Path) -> None:
    (own / "logo.png").symlink_to("/etc/passwd")
    with pytest.raises(SettingsError, match="templates, words, pictures and fonts only"):
        built(own)
    (own / "logo.png").unlink()
    (own / "run.sh").write_text("")
    with pytest.raises(SettingsError, match="templates, words, pictures and fonts only"):
        built(own)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ('[terms]\nmembr = "x"', "no word terms.membr"),
        ('titles = "x"', "titles is not what it should be"),
        ('months = ["a"]', "months is not what it should be"),
        ('[brand]\naccent = "red); #panic("', "not a colour"),
        ('[brand]\nlogo = "../../x.png"', "not a file of the company's folder"),
        ("[terms", "not TOML"),
    ],
)
def test_wrong_words_are_named(own: Path, words: str, told: str) -> None:
    (own / "words.toml").write_text(words)
    with pytest.raises(SettingsError, match=told):
        built(own)


@pytest.mark.parametrize("code", ["..", "../HARBOR", "/etc", ".hidden", ""])
def test_an_odd_company_code_is_no_path(own: Path, code: str) -> None:
    with kits(own.parent, {1: code, 2: "NONE"}) as chosen:
        assert chosen[1] is chosen[2]


@pytest.mark.parametrize("text", ["{{ ''.__class__.__mro__ }}", "{{ nothing }}", "{% include 'x' %}", "{{ 1 / 0 }}"])
def test_a_mail_template_is_shut_in_too(own: Path, text: str) -> None:
    (own / "mail").mkdir()
    (own / "mail" / "invoice.txt").write_text(f"Subject: x\n\n{text}")
    with kits(own.parent, {1: "HARBOR"}) as chosen, pytest.raises(SettingsError, match="can't be filled"):
        chosen[1].mail("invoice", FACTS)


def test_a_child_sees_no_settings_and_no_network(own: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DAYBOOK_MASTER_KEY", "secret")
    (tmp_path / "x.typ").write_text('#import "@preview/cetz:0.3.0"')
    with press(1) as one:
        with pytest.raises(FormatError) as refused:  # past the kit's own check, straight into the press
            one.pdf(Job(tmp_path, "x.typ", "{}", dt.date(2026, 10, 1)))
        child = one._children[0]._process
        assert child is not None
        assert b"DAYBOOK" not in Path(f"/proc/{child.pid}/environ").read_bytes()
    assert "Connection refused" in str(refused.value)


def test_a_template_that_never_ends_costs_its_child_only(tmp_path: Path) -> None:
    (tmp_path / "x.typ").write_text("#for a in range(100000) { for b in range(100000) { let c = calc.pow(a, 2) } }")
    (tmp_path / "y.typ").write_text("fine")
    day = dt.date(2026, 10, 1)
    with press(1, longest_s=2) as one:
        with pytest.raises(FormatError, match="too long"):
            one.pdf(Job(tmp_path, "x.typ", "{}", day))
        assert one.pdfs([Job(tmp_path, "y.typ", "{}", day)])[0] is not None


def test_samples_are_invented() -> None:
    assert set(SAMPLES) == {"company", "payer", *TEMPLATES}
