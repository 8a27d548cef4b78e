"""The dossier's own sums and words, by hand."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from cavendish.core.errors import InvalidRequest
from cavendish.core.money import Money
from cavendish.insight.dossier import plots
from cavendish.insight.dossier.ask import Ask, prose
from cavendish.insight.dossier.blocks import (
    Blank,
    Column,
    Document,
    Facts,
    Heading,
    Paragraph,
    Said,
    Table,
)
from cavendish.insight.dossier.canvas import ceiling, steps
from cavendish.insight.dossier.checks import checks, rounded
from cavendish.insight.dossier.history import Care, Day, History
from cavendish.insight.dossier.markdown import escaped, markdown, tamed
from cavendish.insight.dossier.phrases import cents, dollars, many, price, together
from cavendish.insight.dossier.projection import Projection, Range, project
from cavendish.insight.dossier.scales import scales
from cavendish.insight.dossier.standing import spell, standings
from cavendish.insight.dossier.tally import asked_for, outcome_of
from cavendish.insight.quota import Need

TODAY = date(2026, 11, 24)
USD = Money.parse("1")


def history(counts, *, peak=4, ten=USD):
    """Whole days with these requests, nine in ten with a picture, and today, which is not over."""
    days = [
        Day(TODAY - timedelta(days=len(counts) - at), n, n * 9 // 10, Money(n * 10**8), 0, peak)
        for at, n in enumerate(counts)
    ]
    days.append(Day(TODAY, 1, 0, Money(0), 0, 1))
    empty = [Day(days[0].day - timedelta(days=at)) for at in range(90 - len(days), 0, -1)]
    return History(
        "m", (*empty, *days), ((0,) * 24,) * 7, {}, {}, {}, (), busiest_10_min=ten, care=Care(),
        first=days[0].day,
    )  # fmt: skip


def projected(counts, **more):
    known = {"growth": None, "needed_by": TODAY + timedelta(days=30), "today": TODAY}
    return project(history(counts), **(known | more))


def test_a_straight_line_goes_on():
    """100, 102, 104 ... 158 on the last whole day: 31 days later it is 220."""
    found = projected([100 + 2 * at for at in range(30)])
    assert found.day == Range(220, 220, 220)
    assert found.mean_day == 129
    assert found.busiest_day.expected == 270  # 220 x 158 / 129, upwards
    assert found.minute.expected == 7  # 220 x 4 / 129, upwards
    assert "+2.0 a day" in found.method


def test_scatter_widens_the_range_and_nothing_falls_below_zero():
    found = projected([100 + 40 * (at % 2) for at in range(30)])
    assert found.day.low < found.day.expected < found.day.high
    falling = projected([200 - 6 * at for at in range(30)], needed_by=TODAY + timedelta(days=700))
    assert falling.day.expected == falling.day.low == 0


def test_growth_that_is_stated_compounds():
    """A mean of 100 at 20 % a month, from the middle of the basis: 45.5 days on."""
    found = projected([100] * 30, growth=0.2)
    assert found.day.expected == 132  # 100 x 1.2 ** (45.5 / 30), upwards
    assert found.day.low == 116
    assert found.day.high == 149
    assert "20.0% a month as the applicant states" in found.method
    shrinking = projected([100] * 30, growth=-0.5)
    assert shrinking.day.low < shrinking.day.expected < shrinking.day.high < 100


@pytest.mark.parametrize("counts", [[], [100] * 13, [1] * 30])
def test_a_short_or_thin_ledger_projects_nothing(counts):
    assert projected(counts) is None


def test_growth_of_the_last_month_is_told():
    assert projected([100] * 30 + [150] * 30).grown == pytest.approx(0.5)
    assert projected([150] * 30).grown is None


def asking(projection, *, justification=None, **need):
    ask = Ask(Need(**need), justification=justification)
    return checks(ask, projection, minute=30, day=300, month=8_000)


def projection(minute=(40, 50, 60)):
    day = Range(*minute)
    return Projection(TODAY, 30, 50.0, day, day, day, day, "", None)


@pytest.mark.parametrize(
    ("rpm", "verdict", "words"),
    [
        (20, "too low", "the ledger already has 50"),
        (45, "too low", "the projection expects 50; 75 would leave headroom"),
        (55, "tight", "1.10 times the expected 50"),
        (100, "fits", "2.00 times the expected 50"),
        (180, "fits", "3.60 times"),
        (181, "high", "3.0 times even the upper projection of 60; a reason has to be given"),
    ],
)
def test_a_limit_is_held_against_the_projection(rpm, verdict, words):
    found = asking(projection(), rpm=rpm)[0]
    assert found.verdict == verdict
    if rpm != 20:
        assert words in found.words


def test_less_than_what_was_seen_is_too_low():
    (found, *_) = checks(Ask(Need(rpm=55)), projection(), minute=58, day=1, month=1)
    assert found.verdict == "too low"
    assert "the ledger already has 58" in found.words


def test_no_more_than_today_is_no_request():
    (found, *_) = checks(Ask(Need(rpm=80), current_rpm=80), projection(), minute=1, day=1, month=1)
    assert (found.verdict, found.words) == ("too low", "too low: 80 are allowed today")


def test_who_gives_a_reason_is_told_that_it_carries_the_rest():
    assert "the justification has to carry it" in asking(
        projection(), rpm=500, justification="a launch"
    )[0].words  # fmt: skip


def test_what_is_not_asked_is_proposed_and_nothing_without_a_projection():
    rpm, rpd, _ = asking(projection(), rpd=1000)
    assert (rpm.asked, rpm.proposed, rpm.wanted) == (None, 75, 75)
    assert (rpd.proposed, rpd.wanted, rpd.headroom) == (None, 1000, 20.0)
    bare = asking(None, rpm=60)[0]
    assert (bare.verdict, bare.proposed, bare.headroom) == ("not checked", None, None)


def test_numbers_as_people_ask_for_them():
    assert [rounded(n) for n in (0.2, 7.1, 61, 75, 409 * 1.5, 11_821.5)] == [
        1, 8, 62, 75, 620, 12_000,
    ]  # fmt: skip


def test_money_of_ten_minutes_grows_with_the_volume():
    ten = spell(history([100] * 30), projection((25, 100, 200)))
    assert (ten.seen, ten.low, ten.expected, ten.high) == (
        USD, Money.parse("0.5"), Money.parse("2"), Money.parse("4"),
    )  # fmt: skip
    tier = SimpleNamespace(name="1", images=True, per_10_min=Money.parse("3"), per_month=USD,
                           month_may_be_more=False)  # fmt: skip
    free = SimpleNamespace(name="free", images=False)
    (found,) = standings(SimpleNamespace(tiers=(free, tier)), ten, Money.parse("2"), USD)
    assert found.short == ("money in 10 minutes", "money a month")
    assert found.used == Fraction(1, 3)
    assert spell(history([]), None) is None


def row(outcome, error=None, note=None):
    return SimpleNamespace(outcome=outcome, error=error, note=note or (error and "words"))


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (row("executed"), "delivered"),
        (row("executed", "Blocked"), "safety"),
        (row("executed", "NoImage"), "other answer"),
        (row("executed", note="of old"), "other answer"),
        (row("rejected", "RateLimited"), "rate limited"),
        (row("rejected", "DailyQuotaExhausted"), "rate limited"),
        (row("rejected", "BillingRequired"), "refused"),
        (row("rejected", "Overloaded"), "service error"),
        (row("rejected", None, "of old"), "refused"),
        (row("unknown", "DeadlineExceeded"), "unknown"),
        (row(None), "under way"),
    ],
)
def test_what_an_attempt_came_to(came, said):
    assert outcome_of(came) == said


def test_size_and_tier_are_read():
    assert asked_for('{"model": "m", "size": "2K", "tier": "flex"}') == ("2K", "flex")
    assert asked_for("{}") == ("?", "standard")


def test_words_are_made_plain():
    assert prose("company", " a\tb\u202e\x00\x1b c\r\nd ") == "a b c d"
    assert prose("use_case", "one\r\n\r\n\r\n\r\ntwo \ue000") == "one\n\ntwo"
    assert prose("company", " \n ") is None
    with pytest.raises(InvalidRequest, match="use_case: has 20,001"):
        prose("use_case", "x" * 20_001)


def test_markdown_is_tame():
    assert tamed("# a") == "\\# a"
    assert tamed("12. a") == "12\\. a"
    assert tamed("- a $x$") == "\\- a \\$x\\$"
    assert tamed("a | `b` <i>") == "a \\| \\`b\\` &lt;i&gt;"
    assert escaped("$10 (a-b)") == "$10 (a-b)"


def test_a_document_knows_its_blanks_once():
    gap = Blank("a limit", "--rpm", "limit")
    found = Document(
        "T", "S", "K", "2026-11-24", Facts([("Who", [gap])]), "",
        (Heading("H", 1, 3), Paragraph([gap, Said("x|y")]),
         Table([Column("a"), Column("b", "right")], [[[Said("|")], ["1"]]], "c")),
    )  # fmt: skip
    assert found.blanks == (gap,)
    text = markdown(found, "T.assets")
    assert "## 3. H" in text
    assert "| \\| | 1 |" in text
    assert "*(limit)*" in text


def test_amounts():
    assert cents(Money.parse("2004.7156")) == "$2,004.72"
    assert cents(Money.parse("0.1374")) == "$0.1374"
    assert (dollars(Money.parse("50")), dollars(Money.parse("1648.2"))) == ("$50", "$1,649")
    assert (price(Money.parse("0.151")), price(Money.parse("2"))) == ("$0.1510", "$2.0000")
    assert together(["a", "b", "c"]) == "a, b and c"
    assert (many(1, "day"), many(1200, "request")) == ("1 day", "1,200 requests")
    assert (together(["a"]), together([])) == ("a", "")


@pytest.mark.parametrize("most", [0, 0.4, 1, 2, 3, 5.5, 7, 9.9, 10, 13, 252, 999, 10**9, 3.3e12])
def test_a_scale_is_round_and_holds_all(most):
    top = ceiling(most)
    found = steps(top)
    assert top >= most
    assert found[0] == 0
    assert found[-1] == top
    assert 2 <= len(found) <= 7
    assert top <= 2 * max(most, 1)


@pytest.mark.parametrize("counts", [[3], [5] * 14, list(range(1, 90)), [10**6] * 89])
def test_every_plot_is_whole_at_any_size(counts):
    seen = history(counts, peak=max(counts))
    found = project(seen, growth=None, needed_by=None, today=TODAY)
    caps = [("cap", Money.parse("250"))]
    figures = [
        plots.daily(seen, found, 10), plots.peaks(seen, 7, 10), plots.week(seen),
        plots.spend(seen, caps), plots.outcomes(seen),
    ]  # fmt: skip
    if found is not None:
        figures.append(scales(asking(found, rpm=60)))
    for figure in figures:
        root = ElementTree.fromstring(figure.svg)
        height = float(root.attrib["height"])
        for element in root.iter():
            for name in ("x", "x1", "x2", "width"):
                assert -1 <= float(element.attrib.get(name, 0)) <= 761
            for name in ("y", "y1", "y2", "height"):
                assert -6 <= float(element.attrib.get(name, 0)) <= height + 1
        assert "nan" not in figure.svg
        assert figure.alt
        assert figure.caption.endswith(".")
