"""`alert_*`: what is taken, what is refused, and from which file."""

from __future__ import annotations

import pytest

from cavendish.client.alerts.setting import Alerting, fault
from cavendish.client.settings import Settings
from cavendish.core.errors import SettingsError
from cavendish.core.money import Money
from cavendish.insight.alerts.alert import Rules


@pytest.fixture
def load(tmp_path):
    def load(*, own="", project=""):
        (tmp_path / "config/cavendish").mkdir(parents=True, exist_ok=True)
        (tmp_path / "config/cavendish/config.toml").write_text(own)
        (tmp_path / "cavendish.toml").write_text(project)
        environment = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
        return Settings.load(environment, tmp_path).alerts

    return load


def test_nothing_needs_to_be_set(load):
    assert load() == Alerting() == Alerting(Rules((50, 80, 100), Money.parse("5")))
    assert load().ways == ()


def test_all_that_can_be_set(load):
    found = load(
        own="""
        alert_webhook = "https://alerts.example.org/hook?token=t"
        alert_secret_env = "ALERT_SECRET"
        alert_command = ["/usr/local/bin/tell", "-v"]
        alert_percent = [100, 75]
        """,
        project="""
        alert_percent = [90, 10]
        alert_floor_usd = "0.50"
        alert_high_percent = 300
        alert_spread = 8
        alert_history_days = 21
        alert_history_least = 12
        alert_error_percent = 30
        """,
    )
    rules = Rules((10, 90), Money.parse("0.50"), 300, 8, 21, 12, 30)
    assert found.rules == rules
    assert found.command == ("/usr/local/bin/tell", "-v")
    assert found.ways == ("webhook", "command")
    assert "token" not in repr(found)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("alert_percent = 50", "a list of whole numbers"),
        ("alert_percent = [0]", "a list of whole numbers"),
        ("alert_percent = [101]", "a list of whole numbers"),
        ("alert_percent = [true]", "a list of whole numbers"),
        ("alert_percent = [50.5]", "a list of whole numbers"),
        ("alert_floor_usd = 0.5", "an amount in USD"),
        ("alert_floor_usd = true", "an amount in USD"),
        ('alert_floor_usd = "-1"', "an amount in USD"),
        ("alert_high_percent = 99", "100 to 1000"),
        ("alert_spread = 6.0", "1 to 100"),
        ("alert_history_days = true", "7 to 90"),
        ('alert_webhook = "http://alerts.example.org/s3cret"', "https"),
        ('alert_webhook = "https://user:s3cret@example.org/"', "without a user"),
        ('alert_webhook = "ftp://example.org/s3cret"', "https"),
        ('alert_webhook = "https:///s3cret"', "https"),
        ('alert_webhook = "https://example.org:99999/s3cret"', "https"),
        ('alert_webhook = "https://example.org/\\r\\nX: s3cret"', "https"),
        ("alert_webhook = 7", "https"),
        ('alert_secret_env = "s3cret value"', "the name of an environment variable"),
        ('alert_command = "rm -rf /"', "a list that begins with the full path"),
        ('alert_command = ["tell"]', "a list that begins with the full path"),
        ('alert_command = ["/bin/tell", 7]', "a list that begins with the full path"),
        ("alert_command = []", "a list that begins with the full path"),
        ('alert_comand = ["/bin/tell"]', "there is no setting 'alert_comand'"),
    ],
)
def test_what_is_refused(load, entry, said):
    with pytest.raises(SettingsError) as caught:
        load(own=entry)
    assert said in caught.value.message
    assert "s3cret" not in caught.value.message + str(caught.value.next_step)


@pytest.mark.parametrize(
    "entry",
    ['alert_command = ["/bin/true"]', 'alert_webhook = "https://example.org/"',
     'alert_secret_env = "GEMINI_API_KEY"'],
)  # fmt: skip
def test_a_working_folder_says_neither_what_runs_nor_who_is_told(load, entry):
    with pytest.raises(SettingsError, match=r"your own config\.toml only"):
        load(project=entry)


def test_a_webhook_of_this_machine_may_be_plain(tmp_path):
    for host in ("127.0.0.1:9000", "localhost", "[::1]:1"):
        assert fault(tmp_path / "config.toml", "alert_webhook", f"http://{host}/a") is None
