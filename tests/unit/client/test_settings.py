"""Settings: what wins over what, and that nothing unknown is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from cavendish.client.settings import CONFIGURABLE, Settings
from cavendish.core.errors import SettingsError


@pytest.fixture
def load(tmp_path, folder):
    """Loads with an environment, a project's file and a user's file."""

    def load(env=None, project=None, user=None):
        for path, text in (
            (folder / "cavendish.toml", project),
            (tmp_path / ".config" / "cavendish" / "config.toml", user),
        ):
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        return Settings.load({"HOME": str(tmp_path), **(env or {})})

    return load


def test_nothing_set(load, tmp_path):
    found = load()
    assert found.home == tmp_path / ".local/share/cavendish"
    assert found.journal == found.home / "journal.db"
    assert (found.channel, found.model, found.offline_url) == (None, None, None)
    assert (found.project, found.output, found.timeout_s, found.retries) == (
        "default", "./generated", None, 3,
    )  # fmt: skip


def test_a_request_may_be_as_large_as_the_provider_states(load):
    assert load().channels["gemini"].request_bytes == 20_000_000
    found = load(project="request_bytes = 50_000_000").channels
    assert found["gemini"].request_bytes == 50_000_000
    assert found["vertex"].request_bytes == 20_000_000
    with pytest.raises(SettingsError, match="request_bytes is 200000000") as caught:
        load(project="request_bytes = 200_000_000")
    assert "1,000,000 to 100,000,000" in caught.value.next_step


def test_the_project_wins_over_the_user(load):
    found = load(
        project='model = "project"\nretries = 1',
        user='model = "user"\nproject = "mine"\ntimeout_s = 60.5',
    )
    assert (found.model, found.retries, found.project) == ("project", 1, "mine")
    assert found.timeout_s == 60.5


def test_every_key_can_be_set(load):
    values = {
        "channel": "offline", "model": "m", "project": "p", "output": "out", "timeout_s": 60,
        "retries": 0, "examine": "header", "decoders": 4, "prefer": "cheapest",
        "ca_file": "ca.pem", "proxy": "http://proxy.test:3128",
        "wait_rate_s": 1.5, "wait_server_s": 2, "wait_quota_s": 60, "request_bytes": 50_000_000,
        "keep_days": 90, "keep_gb": 2.5,
        "key_name": "ann", "budget_zone": "Asia/Tokyo",
        "cache": "refresh", "cache_ttl_s": 3600,
    }  # fmt: skip
    assert {*values, "limits"} == set(CONFIGURABLE)
    found = load(project="\n".join(f"{name} = {value!r}" for name, value in values.items()))
    assert {name: getattr(found, name) for name in values} == values


def test_limits_of_both_files_are_known_and_those_of_the_project_win(load):
    user = '[limits.gemini]\ntier = "1"\n[limits.vertex]\nrpm = 7'
    found = load(project='[limits.gemini]\ntier = "2"', user=user)
    assert found.limits == {"gemini": {"tier": "2"}, "vertex": {"rpm": 7}}
    with pytest.raises(SettingsError, match="rpm is 'many'") as caught:
        load(project='[limits.gemini]\nrpm = "many"')
    assert "cavendish.toml: limits.gemini" in caught.value.message
    with pytest.raises(SettingsError, match="no channel 'gemnii'"):
        load(project="[limits.gemnii]\nrpm = 7")


def test_where_the_files_are(tmp_path, load):
    (tmp_path / "xdg/cavendish").mkdir(parents=True)
    (tmp_path / "xdg/cavendish/config.toml").write_text('project = "xdg"')
    found = load({"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "XDG_DATA_HOME": "/data"})
    assert (found.project, found.home) == ("xdg", Path("/data/cavendish"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "cavendish.toml").write_text('project = "there"')
    assert Settings.load({"HOME": str(tmp_path)}, elsewhere).project == "there"


def test_homes(load, folder, tmp_path):
    assert load({"CAVENDISH_HOME": "relative"}).home == folder / "relative"
    assert load({"CAVENDISH_HOME": ""}).home == tmp_path / ".local/share/cavendish"
    found = load({"CAVENDISH_HOME": "/h", "CAVENDISH_JOURNAL": "j.db"})
    assert (found.home, found.journal) == (Path("/h"), folder / "j.db")
    assert load({"CAVENDISH_HOME": "/h", "CAVENDISH_JOURNAL": ""}).journal == Path("/h/journal.db")


@pytest.mark.parametrize("home", ["/dev/null", "/nonexistent", "/proc/self/cmdline/x"])
def test_an_account_without_a_home_folder_is_no_error(home, tmp_path):
    assert Settings.load({"HOME": home, "CAVENDISH_HOME": str(tmp_path)}).home == tmp_path


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("CAVENDISH_HOEM", "did you mean CAVENDISH_HOME?"),
        ("CAVENDISH_JOURNALS", "did you mean CAVENDISH_JOURNAL?"),
        ("CAVENDISH_OFFLINE", "did you mean CAVENDISH_OFFLINE_URL?"),
        ("CAVENDISH_", "known: CAVENDISH_HOME"),
        ("CAVENDISH_DEBUG", "known: CAVENDISH_HOME"),
        ("CAVENDISH_SERVICES", "known: CAVENDISH_HOME"),
    ],
)
def test_an_unknown_name_is_refused(load, name, near):
    with pytest.raises(SettingsError) as caught:
        load({name: "a value that is not shown"})
    assert caught.value.message == f"{name}: there is no such setting"
    assert near in caught.value.next_step
    assert "not shown" not in str(caught.value.to_json())
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "name",
    ["CAVENDISH_SERVICE_HOST", "CAVENDISH_SERVICE_PORT", "CAVENDISH_SERVICE_PORT_HTTP",
     "CAVENDISH_PORT", "CAVENDISH_PORT_80_TCP", "CAVENDISH_PORT_80_TCP_ADDR", "CAVENDISHX"],
)  # fmt: skip
def test_what_kubernetes_injects_is_let_be(load, name):
    load({name: "tcp://10.0.0.1:80"})


def test_a_journal_at_a_url_is_on_postgres_and_shows_no_password(load):
    found = load({"CAVENDISH_HOME": "/h", "CAVENDISH_JOURNAL": "postgresql://me:hunter2@[::1]/j"})
    assert str(found.journal) == "postgresql://me@[::1]/j"
    assert found.blobs == Path("/h"), "on this machine all see the same home"
    assert "hunter2" not in repr(found)


def test_a_journal_that_hosts_share_needs_pictures_that_they_share(load, folder):
    shared = {"CAVENDISH_JOURNAL": "postgresql://me:hunter2@db/cavendish"}
    with pytest.raises(SettingsError, match="CAVENDISH_BLOBS") as caught:
        load(shared)
    assert "CAVENDISH_BLOBS to a folder" in caught.value.next_step
    assert "hunter2" not in str(caught.value.to_json())
    assert load({**shared, "CAVENDISH_BLOBS": "all/see"}).blobs == folder / "all/see"
    with pytest.raises(SettingsError, match="not at a URL"):
        load({**shared, "CAVENDISH_BLOBS": "gs://bucket"})


@pytest.mark.parametrize(
    ("text", "problem", "step"),
    [
        ('modle = "x"', "there is no setting 'modle'", "did you mean model?"),
        ('api_key = "AIzaCanary"', "there is no setting 'api_key'", "known: channel"),
        ("[cavendish]\nretries = 1", "there is no setting 'cavendish'", "known: channel"),
        ("model = 3", "model must be str", "mend the file"),
        ('retries = "3"', "retries must be int", "mend the file"),
        ("retries = 1.5", "retries must be int", "mend the file"),
        ("retries = true", "retries must be int", "mend the file"),
        ('timeout_s = "60"', "timeout_s must be int or float", "mend the file"),
        ("output = ['x']", "output must be str", "mend the file"),
        ("model = ", "Invalid value", "mend the file"),
        ("model = 'a'\nmodel = 'b'", "overwrite", "mend the file"),
    ],
)
@pytest.mark.parametrize("which", ["project", "user"])
def test_a_wrong_file_is_named_with_its_place(load, which, text, problem, step):
    with pytest.raises(SettingsError) as caught:
        load(**{which: text})
    name = "cavendish.toml" if which == "project" else "config.toml"
    assert f"{name}: " in caught.value.message
    assert problem in caught.value.message
    assert step in caught.value.next_step
    assert "AIzaCanary" not in str(caught.value.to_json())


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\x00"])
def test_a_file_that_is_no_text_is_named(load, folder, content):
    (folder / "cavendish.toml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"cavendish\.toml: "):
        load()


def test_a_folder_in_the_place_of_the_file_is_named(load, folder):
    (folder / "cavendish.toml").mkdir()
    with pytest.raises(SettingsError, match="Is a directory"):
        load()


def test_settings_do_not_show_the_environment(load):
    found = load({"GEMINI_API_KEY": "AIzaCanary"})
    assert found.environment["GEMINI_API_KEY"] == "AIzaCanary"
    assert "AIzaCanary" not in f"{found!r}{found}"


def test_the_environment_is_read_once(load):
    env = {"GEMINI_API_KEY": "one"}
    found = Settings.load(env)
    env["GEMINI_API_KEY"] = "two"
    assert found.environment["GEMINI_API_KEY"] == "one"


def test_the_process_own_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("CAVENDISH_HOME", str(tmp_path / "mine"))
    assert Settings.load().home == tmp_path / "mine"


@pytest.mark.parametrize(
    ("line", "step"),
    [('examine = "none"', "use one of full, header"), ("decoders = 0", "use 1 to 16")],
)
def test_how_pictures_are_examined_is_one_of_a_few(load, line, step):
    with pytest.raises(SettingsError) as caught:
        load(project=line)
    assert caught.value.next_step.startswith(step)
