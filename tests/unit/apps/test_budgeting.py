"""budget set, remove, list and zone; and what a dry run says of budgets."""

from __future__ import annotations

import shlex
from datetime import datetime

import pytest

from unit.apps import shapes


@pytest.fixture
def real(monkeypatch):
    """Real money; nobody listens where it would go."""
    monkeypatch.setenv("GEMINI_API_KEY", "k" * 39)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:9")


def listed(cavendish):
    return {one["scope"]: one for one in cavendish("budget", "list", "--json").json["budgets"]}


def test_limits_come_and_go(cavendish):
    said = cavendish("budget", "set", "day", "25", "--json")
    assert (said.code, said.err) == (0, "")
    assert set(said.json) == shapes.BUDGET
    assert said.json["left_usd"] == said.json["limit_usd"] == "25"
    assert "project:p" in cavendish("budget", "set", "project:p", "0.50").out
    assert cavendish("budget", "set", "key:ann", "0").code == 0
    found = listed(cavendish)
    assert list(found) == ["day", "key:ann", "project:p"]
    assert all(set(one) == shapes.BUDGET for one in found.values())
    assert (found["key:ann"]["percent"], found["project:p"]["percent"]) == (None, 0)
    assert "$0.50" in cavendish("budget", "list").out
    gone = cavendish("budget", "remove", "project:p")
    assert (gone.code, gone.out) == (0, "✓ budget project:p is gone; it was $0.50\n")
    assert "a loop is no longer stopped" in cavendish("budget", "remove", "day").out
    assert list(listed(cavendish)) == ["key:ann"]
    again = cavendish("budget", "remove", "day", "--json")
    assert (again.code, again.error["next_step"]) == (2, "use key:ann")
    cavendish("budget", "remove", "key:ann")
    assert "cavendish budget set day 10" in cavendish("budget", "list").out


def test_a_day_begins_anew_at_midnight_in_its_zone(cavendish, folder):
    before = listed(cavendish)["day"]["ends"]
    assert before.endswith("T00:00:00+00:00")
    assert cavendish("budget", "zone", "--json").json == {"zone": "UTC"}
    assert "Asia/Kathmandu" in cavendish("budget", "zone", "Asia/Kathmandu").out
    ends = datetime.fromisoformat(listed(cavendish)["day"]["ends"])
    assert (ends.hour, ends.minute, ends.utcoffset().seconds) == (0, 0, (5 * 60 + 45) * 60)
    assert "00:00 +0545" in cavendish("budget", "list").out
    wrong = cavendish("budget", "zone", "Asia/Tokio", "--json")
    assert wrong.code == 2
    assert "did you mean Asia/Tokyo?" in wrong.error["next_step"]


def test_a_zone_of_the_settings_is_said_for_all_and_no_other_may_follow(cavendish, folder):
    (folder / "cavendish.toml").write_text('budget_zone = "Asia/Tokyo"')
    assert listed(cavendish)["day"]["ends"].endswith("T00:00:00+09:00")
    (folder / "cavendish.toml").write_text("")
    assert listed(cavendish)["day"]["ends"].endswith("T00:00:00+09:00")
    (folder / "cavendish.toml").write_text('budget_zone = "America/Los_Angeles"')
    refused = cavendish("generate", "x", "-s", "1K", "--json")
    assert (refused.code, refused.error["type"]) == (2, "SettingsError")
    step = refused.error["next_step"]
    assert step.endswith("cavendish budget zone America/Los_Angeles")
    assert cavendish(*shlex.split(step.partition("everybody: ")[2])[1:]).code == 0
    assert cavendish("generate", "x", "-s", "1K", "--quiet").code == 0
    (folder / "cavendish.toml").write_text('budget_zone = "Mars/Olympus"')
    wrong = cavendish("budget", "list", "--json")
    assert (wrong.code, wrong.error["type"]) == (2, "SettingsError")
    assert "there is no zone 'Mars/Olympus'" in wrong.error["message"]


@pytest.mark.usefixtures("real")
def test_a_dry_run_says_that_there_is_room(cavendish, folder):
    said = cavendish("generate", "x", "--dry-run", "--json").json
    assert set(said["budgets"]) == shapes.ROOM
    assert (said["budgets"]["has_room"], said["budgets"]["fits"]) == (True, 1)
    assert not (folder / "home" / "journal.db").exists(), "nothing is made for it"


@pytest.mark.usefixtures("real")
@pytest.mark.parametrize(
    ("scope", "flags"),
    [("day", []), ("month", []), ("project:p q", ["--project", "p q"]),
     ("tag:a=b", ["--tag", "a=b"]), ("key:ann", ["--key-name", "ann"]),
     ("run:", ["--budget", "0.10"])],
)  # fmt: skip
def test_a_dry_run_is_refused_as_the_purchase_is(cavendish, scope, flags):
    """And the printed line makes exactly this request pass."""
    if scope != "run:":
        assert cavendish("budget", "set", scope, "0.10").code == 0
    dry = cavendish("generate", "x", "-s", "1K", "--dry-run", "--json", *flags)
    assert dry.code == 0
    room, (warning,) = dry.json["budgets"], dry.json["warnings"]
    assert warning.startswith("would be refused by ")
    assert warning.endswith(f"next: {room['next_step']}")
    assert (room["has_room"], room["fits"], room["scope"]) == (False, 0, scope)
    assert "would be refused by" in cavendish("generate", "x", "--dry-run", *flags).out
    error = cavendish("generate", "x", "-s", "1K", "--retries", "0", "--json", *flags)
    assert (error.code, error.error["type"]) == (3, "BudgetExceeded")
    assert (error.error["message"], error.error["next_step"]) == (
        room["message"],
        room["next_step"],
    )
    step = shlex.split(room["next_step"])
    if scope == "run:":
        flags = step
    else:
        assert cavendish(*step[1:]).code == 0
    assert cavendish("generate", "x", "-s", "1K", "--dry-run", "--json", *flags).json["budgets"][
        "has_room"
    ]
    tried = cavendish("generate", "x", "-s", "1K", "--retries", "0", "--json", *flags)
    assert (tried.code, tried.error["type"]) == (1, "ConnectionFailed"), "it was let through"


def test_a_run_budget_binds_drafts_and_the_day_does_not(cavendish):
    cavendish("budget", "set", "day", "0")
    dry = cavendish("generate", "x", "-s", "1K", "--dry-run", "--json").json
    assert dry["budgets"]["has_room"]
    dry = cavendish("generate", "x", "-s", "1K", "--budget", "0.05", "--dry-run", "--json").json
    assert dry["warnings"][-1] == (
        "would be refused by this run's budget: its limit is $0.05, $0.00 spent, and this needs up "
        "to $0.1585; next: --budget 0.16"
    )
    assert dry["budgets"]["next_step"] == "--budget 0.16"
    assert cavendish("generate", "x", "-s", "1K", "--budget", "0.05", "--quiet").code == 3
    assert cavendish("generate", "x", "-s", "1K", "--budget", "0.16", "--quiet").code == 0


@pytest.mark.usefixtures("real")
def test_a_dry_run_tells_how_many_of_several_have_room(cavendish):
    cavendish("budget", "set", "day", "0.40")
    dry = cavendish("generate", "x", "-s", "1K", "-n", "5", "--dry-run", "--json").json
    assert (dry["budgets"]["pictures"], dry["budgets"]["fits"]) == (5, 2)
    assert dry["warnings"][0].startswith("room for 2 of 5 pictures; the rest would be refused by")
    assert dry["budgets"]["next_step"] == "cavendish budget set day 0.8"


@pytest.mark.usefixtures("real")
def test_a_dry_run_goes_on_where_the_journal_cannot_be_read(cavendish, folder, tmp_path):
    cavendish("budget", "list")
    (tmp_path / "home" / "journal.db").write_bytes(b"no database at all" * 1000)
    dry = cavendish("generate", "x", "-s", "1K", "--dry-run", "--json")
    assert dry.code == 0
    assert dry.json["budgets"]["has_room"] is None
    assert "whether the budgets have room is not known" in dry.json["warnings"][0]
