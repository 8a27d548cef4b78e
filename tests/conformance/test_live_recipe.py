"""The recipe for the real service, proven on the emulator in its place: its money is real."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest

from cavendish import Money
from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator
from live.recipe import cheapest
from live.run import main

CANARY = "AIzaCanary-0123456789abcdefghijklmnopqrs"
ROW = r"^\| ([^|]+) \| (confirmed|differs|not run) \| (\S+) \|"
ENDED = ("gemini-2.5-flash-image", "gemini-3.1-flash-image")


def gone(model):
    """A model that the service does not know."""
    path = f"/v1beta/models/{model}"
    return {"match": {"path": path}, "fault": "model_not_found", "times": None}


class Run:
    """One run: what it returned, printed and wrote, and what the other side counted."""

    def __init__(self, tmp_path, capsys, *arguments, faults=(), key=CANARY, require=None):
        path = tmp_path / "report.md"
        faults = [*map(gone, ENDED), *faults]
        with Emulator(catalog=MODEL_FACTS, faults=faults, require_key=require) as emulator:
            environment = {"HOME": str(tmp_path), "GOOGLE_GEMINI_BASE_URL": emulator.url}
            if key is not None:
                environment["GEMINI_API_KEY"] = key
            self.code = main(["--report", str(path), *arguments], environment)
            with urllib.request.urlopen(f"{emulator.url}/_emulator/bill", timeout=10) as answer:
                bill = json.load(answer)
        self.billed, self.executions = Money.parse(bill["total_usd"]), len(bill["executions"])
        self.printed = capsys.readouterr().out
        self.report = path.read_text("utf-8") if path.exists() else ""
        rows = re.findall(ROW, self.report, re.MULTILINE)
        self.verdicts = {title: verdict for title, verdict, _ in rows}
        self.paid = Money.total(Money.parse(usd) for *_, usd in rows)
        self.pictures = sorted(tmp_path.glob("report/*"))


@pytest.fixture
def run(tmp_path, capsys):
    return lambda *arguments, **more: Run(tmp_path, capsys, *arguments, **more)


def test_a_service_that_is_as_the_catalogue_says_confirms_every_step(run):
    done = run("--yes")
    assert done.code == 0, done.printed
    assert set(done.verdicts.values()) == {"confirmed"}
    assert len(done.verdicts) == 11
    assert done.executions == 6, "the refused size and the picture found again cost nothing"
    assert done.paid == done.billed < Money.parse("0.44")
    assert len(done.pictures) == 7
    assert "most" in done.printed, "the plan comes first"
    assert "What to change" not in done.report
    assert "127.0.0.1" in done.report
    assert CANARY not in done.report + done.printed


def test_what_differs_is_named_with_the_fact_to_change(run):
    spoiled = {"match": {"prompt": "seen from above"}, "fault": "half_size"}
    done = run("--yes", faults=[spoiled])
    assert done.code == 4
    differing = {title for title, verdict in done.verdicts.items() if verdict == "differs"}
    assert differing == {"A picture at 1K", "The same again is found"}
    for told in (done.printed, done.report):
        assert "came 512x512" in told
        assert f'catalog/models/{cheapest().id}.toml: [pixels."1K"]' in told
    assert done.paid == done.billed, "what is not as asked for is paid for all the same"


def test_a_model_that_is_gone_is_found_out_before_money_is_spent_on_it(run):
    done = run("--yes", faults=[gone(cheapest().id)])
    assert done.code == 4
    assert done.verdicts["The models are as the catalogue says"] == "differs"
    assert f"{cheapest().id}: came ended, not listed" in done.report
    assert done.verdicts["A picture at 1K"] == "not run"
    assert done.verdicts["Pro at 2K"] == "confirmed"
    assert done.executions == 1


def test_a_quota_closes_its_model_and_a_lost_answer_only_its_step(run):
    quota = {"match": {"prompt": "say in one sentence"}, "fault": "daily_quota"}
    lost = {"match": {"prompt": "half peeled"}, "fault": "reset_after_execution"}
    done = run("--yes", faults=[quota, lost])
    assert done.code == 4
    assert f"{cheapest().id}: DailyQuotaExhausted" in done.report
    assert done.verdicts["Thinking, and its trace"] == "not run"
    assert done.verdicts["Pro at 2K"] == "confirmed"
    assert "$0.0397 held for what nobody knows the end of" in done.printed
    assert done.paid < done.billed < done.paid + Money.parse("0.0397")


def test_no_step_may_pass_the_ceiling(run):
    done = run("--yes", "--ceiling", "0.10")
    assert done.code == 3
    assert done.verdicts["A picture as a stream of events"] == "confirmed"
    assert done.verdicts["Pro at 2K"] == "not run"
    assert "of $0.10 are used" in done.report
    assert done.paid == done.billed <= Money.parse("0.10")


def test_a_key_that_is_not_taken_ends_it(run):
    done = run("--yes", require="another")
    assert done.code == 1
    assert done.verdicts.pop("The key is taken") == "differs"
    assert set(done.verdicts.values()) == {"not run"}
    assert (done.executions, done.billed) == (0, Money(0))


@pytest.mark.parametrize(("arguments", "more", "said"), [
    (("--yes",), {"key": None}, "GEMINI_API_KEY=... make live"),
    ((), {}, "Nothing was sent"),
    (("--yes", "--ceiling", "1.01"), {}, "the most a run may cost"),
])  # fmt: skip
def test_without_a_key_or_consent_nothing_is_sent(run, monkeypatch, arguments, more, said):
    monkeypatch.setattr("builtins.input", lambda *_: "n")
    done = run(*arguments, **more)
    assert done.code == 2
    assert said in done.printed
    assert (done.executions, done.report) == (0, "")
