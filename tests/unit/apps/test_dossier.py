"""quota dossier: what is written, what is in it, what is not."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from pypdf import PdfReader

from cavendish import Client
from cavendish.insight.use import PACIFIC
from cavendish.store.database import Database
from cavendish.store.migration import prepare
from unit.insight.ledgers import PRO, fill

ASKED = (
    "--rpm", "80", "--rpd", "900", "--images-per-month", "12000", "--tier", "2",
    "--current-rpm", "30", "--company", "Atlas Prints", "--use-case", "Picture books.",
)  # fmt: skip


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """Ninety days of purchases; returns the rows of attempts."""
    return filled(tmp_path, monkeypatch)


def filled(tmp_path, monkeypatch, **more):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("CAVENDISH_HOME", str(home))
    database = Database(home / "journal.db", synchronous="OFF")
    prepare(database, 0)
    rows = fill(database, until=datetime.now(PACIFIC), **more)
    database.close()
    return rows


def text_of(path):
    return "\n".join(page.extract_text() for page in PdfReader(path).pages)


def test_markdown_and_its_plots(cavendish, ledger):
    said = cavendish("quota", "dossier", "-o", "ask.md", *ASKED)
    assert (said.code, said.err) == (0, "")
    text = Path("ask.md").read_text()
    mine = [row for row in ledger if row["model"] == PRO]
    assert f"{len(mine):,} requests" in text
    assert "**80 requests a minute and 900 requests a day, to draw 12,000 pictures a month,**" in (
        text
    )
    plots = re.findall(r"!\[[^\]]+\]\((ask\.assets/\w+\.svg)\)", text)
    assert {Path(plot).stem for plot in plots} == {
        "daily", "peaks", "week", "outcomes", "spend", "limits",
    }  # fmt: skip
    for plot in plots:
        assert Path(plot).read_text().startswith("<svg ")
    heads = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert heads[:3] == ["1. The request", "2. Use case", "3. Why more is needed"]
    assert heads[-1].startswith("For the sender")


def test_a_pdf_with_its_figures_tags_and_name(cavendish, ledger):
    assert cavendish("quota", "dossier", "-o", "ask.pdf", *ASKED).code == 0
    found = PdfReader("ask.pdf")
    assert found.metadata.title == "Higher limits for Nano Banana Pro"
    assert found.metadata.author == "Atlas Prints"
    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]
    text = text_of("ask.pdf")
    mine = [row for row in ledger if row["model"] == PRO]
    limited = sum(row["error"] == "RateLimited" for row in mine)
    for words in (f"{len(mine):,}", f"{limited:,}", "Page 1 of", "Picture books.", "80"):
        assert words in text
    assert found.pages[0].mediabox.width == pytest.approx(595.3, abs=0.5)


def test_the_same_ledger_is_the_same_bytes(cavendish, ledger):
    for name in ("a.pdf", "b.pdf"):
        assert cavendish("quota", "dossier", "-o", name, *ASKED, "--paper", "letter").code == 0
    assert Path("a.pdf").read_bytes() == Path("b.pdf").read_bytes()
    assert PdfReader("a.pdf").pages[0].mediabox.width == pytest.approx(612, abs=0.5)


def test_nothing_private_is_in_it(cavendish, ledger):
    for name in ("ask.md", "ask.pdf"):
        assert cavendish("quota", "dossier", "-o", name, *ASKED).code == 0
    for text in (Path("ask.md").read_text(), text_of("ask.pdf")):
        for secret in ("a secret prompt", "atlas", "beacon"):
            assert secret not in text
    assert cavendish("quota", "dossier", "-o", "own.md", "--project", "beacon").code == 0
    assert "beacon" in Path("own.md").read_text()


def test_a_dry_run_writes_nothing_and_json_has_the_facts(cavendish, ledger):
    said = cavendish("quota", "dossier", "-o", "ask.md", "--dry-run", *ASKED)
    assert said.code == 0
    assert "nothing is written" in said.out
    assert not Path("ask.md").exists()
    found = cavendish("quota", "dossier", "--json", *ASKED).json
    assert found["checks"][0]["asked"] == 80
    assert found["files"] == []
    assert {one["how"] for one in found["blanks"]} >= {"--contact", "--project-number"}
    with Client() as client:
        twin = client.quota.dossier(rpm=80, rpd=900, images_per_month=12_000, tier="2",
                                    current_rpm=30, company="Atlas Prints",
                                    use_case="Picture books.")  # fmt: skip
        assert twin.to_json()["checks"] == found["checks"]


@pytest.mark.parametrize("name", ["ask.md", "ask.pdf"])
def test_an_empty_ledger_is_honest(cavendish, folder, name):
    assert cavendish("quota", "dossier", "-o", name, "--rpm", "60").code == 0
    text = text_of(name) if name.endswith("pdf") else Path(name).read_text()
    plain = " ".join(text.split())
    assert "no request for this model yet" in plain
    assert "No projection yet" in plain
    assert "60 requests a minute" in plain
    assert not Path("ask.assets").exists()


def test_a_short_ledger_projects_nothing(cavendish, tmp_path, monkeypatch, folder):
    filled(tmp_path, monkeypatch, days=5, a_day=8)
    found = cavendish("quota", "dossier", "--json", "--rpm", "60").json
    assert found["projection"] is None
    assert found["checks"][0]["verdict"] == "not checked"
    assert cavendish("quota", "dossier", "-o", "ask.pdf", "--rpm", "60").code == 0
    plain = " ".join(text_of("ask.pdf").split())
    assert "in 5 days" in plain
    assert "14 days" not in plain
    assert "Last 7 whole days" not in plain


def test_a_tier_that_the_ledger_contradicts_is_pointed_out(cavendish, ledger):
    assert cavendish("quota", "dossier", "-o", "ask.md", "--tier", "1", "--rpm", "60").code == 0
    assert "above what tier 1 may spend: check the tier" in Path("ask.md").read_text()


HOSTILE = (
    '#import "@preview/x:1.0.0" $ x^2 $ <script>alert(1)</script> `code` *b* _i_ [l](http://e) | a'
    "\n# head\n- item\n1. one\n=====\n\u202etxet\u202c \x00\x1b[31m " + "W" * 400
)


@pytest.mark.parametrize("name", ["ask.md", "ask.pdf"])
def test_hostile_words_are_words(cavendish, ledger, name):
    words = HOSTILE.replace("\0", "")
    said = cavendish("quota", "dossier", "-o", name, "--use-case", words, "--company", words[:200],
                     "--contact", "日本語 العربية עברית 💥 <b>x</b>",
                     "--justification", words)  # fmt: skip
    assert said.code == 0, said.err
    if name.endswith("md"):
        text = Path(name).read_text()
        assert "<script" not in text
        assert "&lt;script&gt;" in text
        assert "\n# head" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "日本語 العربية עברית 💥" in text
        page = MarkdownIt("commonmark").enable("table").render(text)
        quoted = page.partition("<blockquote>")[2].partition("</blockquote>")[0]
        assert set(re.findall(r"<(\w+)", quoted)) == {"p", "br"}
        assert "<td>日本語 العربية עברית 💥 &lt;b&gt;x&lt;/b&gt;</td>" in page
        assert page.count("<table>") == len(re.findall(r"^\| ---", text, re.MULTILINE))
        return
    text = text_of(name)
    for kept in ('#import "@preview/x:1.0.0"', "<script>alert(1)</script>", "`code` *b* _i_", "$"):
        assert kept in text


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((), "output: is missing"),
        (("-o", "ask.docx"), "output: 'ask.docx' is no dossier"),
        (("-o", "ask.md", "--paper", "a3"), "paper: there is no paper 'a3'"),
        (("-o", "ask.md", "--tier", "9"), "tier: there is no paid tier '9'"),
        (("-o", "ask.md", "--growth", "lots"), "growth: 'lots' is no growth"),
        (("-o", "ask.md", "--needed-by", "soon"), "needed_by: 'soon' is no day"),
        (("-o", "ask.md", "--channel", "laozhang"), "channel: laozhang sets its own limits"),
        (("-o", "ask.md", "--size", "8K"), "size: gemini-3-pro-image does not draw '8K'"),
        (("-o", "ask.md", "--company", "x" * 301), "company: has 301 characters"),
        (("-o", "ask.md", "--current-rpm", "0"), "current_rpm: 0 is out of range"),
    ],
)
def test_a_wrong_flag_is_named(cavendish, folder, flags, words):
    said = cavendish("quota", "dossier", *flags)
    assert said.code == 2
    assert words in " ".join(said.err.split())
    assert not list(folder.iterdir())
