"""Which channel a call goes to: every combination of what may be set. Nothing is sent here."""

from __future__ import annotations

import pytest

from cavendish.client.channels.access import OFFLINE_NOTICE, ways
from cavendish.core.errors import CavendishError, InvalidRequest, SettingsError, UnknownChannel

KEY = "AIzaCanary-key"
BASE = "GOOGLE_GEMINI_BASE_URL"
GOOGLE = "generativelanguage.googleapis.com"


def pick(env=None, named=None, require=(), offline=None):
    return ways(named, require, env or {}, offline)[0]


def test_without_any_credential_it_is_offline_and_says_so():
    access = pick({"HOME": "/root", "GOOGLE_CLOUD_LOCATION": "global"})
    assert (access.facts.name, access.facts.realm) == ("offline", "simulated")
    assert access.notices == (OFFLINE_NOTICE,)
    assert "simulated money" in OFFLINE_NOTICE
    assert (access.base_url, access.secret) == (None, None)


@pytest.mark.parametrize(
    ("env", "key", "notices"),
    [
        ({"GEMINI_API_KEY": KEY}, KEY, 0),
        ({"GOOGLE_API_KEY": KEY}, KEY, 0),
        ({"GOOGLE_API_KEY": KEY, "GEMINI_API_KEY": KEY}, KEY, 0),
        ({"GOOGLE_API_KEY": KEY, "GEMINI_API_KEY": "other"}, KEY, 1),
        ({"GEMINI_API_KEY": KEY, "OPENROUTER_API_KEY": "x"}, KEY, 0),
        ({"GEMINI_API_KEY": KEY, "GOOGLE_CLOUD_PROJECT": "x"}, KEY, 0),
        ({"GEMINI_API_KEY": KEY, "GOOGLE_GENAI_USE_VERTEXAI": "false"}, KEY, 0),
        ({"GEMINI_API_KEY": KEY, "GOOGLE_GENAI_USE_VERTEXAI": ""}, KEY, 0),
    ],
)
@pytest.mark.parametrize("named", [None, "gemini"])
def test_a_key_opens_the_gemini_channel(env, key, notices, named):
    access = pick(env, named)
    assert (access.facts.name, access.base_url) == ("gemini", f"https://{GOOGLE}")
    assert access.secret.reveal(GOOGLE) == key
    assert len(access.notices) == notices
    if notices:
        assert access.notices[0].startswith("GOOGLE_API_KEY and GEMINI_API_KEY differ; GOOGLE_")
    assert KEY not in repr(access)


@pytest.mark.parametrize("name", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is set and empty"),
        (f"{KEY}\n", "holds blanks or characters no key has"),
        (f" {KEY}", "holds blanks or characters no key has"),
        (f"{KEY}\r\nX-Evil: 1", "holds blanks or characters no key has"),
        ("schlüssel", "holds blanks or characters no key has"),
        ("\udcff", "holds blanks or characters no key has"),
        ("a\x7fb", "holds blanks or characters no key has"),
    ],
)
def test_a_key_that_is_none_is_named_and_not_shown(name, value, problem):
    with pytest.raises(SettingsError) as caught:
        pick({name: value})
    assert caught.value.message == f"{name} {problem}"
    assert caught.value.next_step == f"set {name} to the key, or unset it"
    assert not value or value not in str(caught.value.to_json())


def test_an_empty_winner_is_an_error_not_a_fall_back():
    with pytest.raises(SettingsError, match="GOOGLE_API_KEY is set and empty"):
        pick({"GOOGLE_API_KEY": "", "GEMINI_API_KEY": KEY})


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({"OPENROUTER_API_KEY": "x"}, r"only a third party's key .*OPENROUTER_API_KEY.* opt-in"),
        ({"LAOZHANG_API_KEY": "x"}, r"only a third party's key .*LAOZHANG_API_KEY.* opt-in"),
        ({"GOOGLE_APPLICATION_CREDENTIALS": "f"}, "GOOGLE_APPLICATION_CREDENTIALS is set"),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "true"}, "asks for Vertex AI"),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "1", "GEMINI_API_KEY": KEY}, "asks for Vertex AI"),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "True", "GOOGLE_CLOUD_PROJECT": " "}, "asks for Vertex AI"),
    ],
)
def test_what_is_set_in_part_is_an_error_that_names_the_way(env, problem):
    with pytest.raises(SettingsError, match=problem) as caught:
        pick(env)
    assert caught.value.exit_code == 2
    assert "GEMINI_API_KEY" in caught.value.next_step
    assert "--channel offline" in caught.value.next_step
    assert pick(env, "offline").facts.name == "offline"  # the way it names is open


def test_a_named_channel_without_its_key_is_an_error():
    with pytest.raises(SettingsError) as caught:
        pick({}, "gemini")
    assert "GEMINI_API_KEY and GOOGLE_API_KEY are not set" in caught.value.message
    assert "https://aistudio.google.com/apikey" in caught.value.next_step


def test_a_named_channel_is_taken_at_its_word():
    access = pick({"GEMINI_API_KEY": KEY, "GOOGLE_GENAI_USE_VERTEXAI": "true"}, "offline")
    assert (access.facts.name, access.notices) == ("offline", ())
    assert pick({"GOOGLE_GENAI_USE_VERTEXAI": "true", "GEMINI_API_KEY": KEY}, "gemini").secret


@pytest.mark.parametrize(
    "named", ["Gemini", "", "gemini,offline", ",", "gemini@us-east1", "vertex@a/b", "vertex@"]
)
def test_another_channel_is_named(named):
    with pytest.raises(UnknownChannel, match="channel: ") as caught:
        pick({}, named)
    assert caught.value.next_step


@pytest.mark.parametrize("require", [("real",), ("direct-google",), ("real", "direct-google")])
def test_what_is_required_is_kept(require):
    assert pick({"GEMINI_API_KEY": KEY}, None, require).facts.name == "gemini"
    with pytest.raises(UnknownChannel, match="require: ") as caught:
        pick({}, None, require)
    assert "GEMINI_API_KEY" in caught.value.next_step or "gemini" in caught.value.next_step


def test_a_named_offline_channel_does_not_meet_real_and_the_reason_is_true():
    with pytest.raises(UnknownChannel) as caught:
        pick({"GEMINI_API_KEY": KEY}, "offline", ("real",))
    assert "no credential" not in caught.value.message
    assert "offline" in caught.value.message


def test_one_requirement_may_be_a_plain_string():
    assert pick({"GEMINI_API_KEY": KEY}, None, "real").facts.name == "gemini"
    with pytest.raises(UnknownChannel):
        pick({}, None, "real")


@pytest.mark.parametrize("require", [("reel",), ("",), "reel"])
def test_an_unknown_requirement_is_named(require):
    with pytest.raises(InvalidRequest, match="require: unknown") as caught:
        pick({}, None, require)
    assert caught.value.next_step == "use real, direct-google"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://proxy.example.org", "proxy.example.org"),
        ("https://proxy.example.org:8443/gemini/", "proxy.example.org:8443"),
        ("http://127.0.0.1:9", "127.0.0.1:9"),
        ("http://127.8.9.10", "127.8.9.10"),
        ("http://localhost:8080", "localhost:8080"),
        ("http://[::1]:8080", "[::1]:8080"),
    ],
)
def test_another_address_gets_the_key_for_itself_only(url, host):
    access = pick({"GEMINI_API_KEY": KEY, BASE: url})
    assert (access.base_url, access.facts.realm) == (url, "real")
    assert access.secret.reveal(host) == KEY
    with pytest.raises(PermissionError):
        access.secret.reveal(GOOGLE)


@pytest.mark.parametrize(
    "url",
    ["http://proxy.example.org", "HTTP://proxy.example.org", "http://10.0.0.1:80", "http://127.0.0.1.example.org",
     "http://localhost.example.org",
     "http://0.0.0.0:80", "http://[::]:80", "http://2130706433"],
)  # fmt: skip
def test_a_key_does_not_leave_this_machine_unencrypted(url):
    with pytest.raises(SettingsError, match=f"{BASE}: .* unencrypted") as caught:
        pick({"GEMINI_API_KEY": KEY, BASE: url})
    assert "https" in caught.value.next_step


@pytest.mark.parametrize(
    "url",
    ["example.org", "ftp://example.org", "https://", "https:///x", "file:///etc/passwd", "//x",
     "https://me:hunter2@example.org", "https://me@example.org", "https://:hunter2@example.org",
     "https://example.org:notaport", "https://example.org:99999", "https://[::1", "x",
     "https://example.org?key=hunter2", "https://example.org/#hunter2", "https://exa mple.org",
     "https://example.org\n"],
)  # fmt: skip
def test_what_is_no_address_is_named_and_no_password_shown(url):
    """T121."""
    with pytest.raises(SettingsError) as caught:
        pick({"GEMINI_API_KEY": KEY, BASE: url})
    assert caught.value.message.startswith(f"{BASE}: ")
    shown = f"{caught.value!r} {caught.value.to_json()}"
    assert "hunter2" not in shown


def test_an_empty_address_is_none():
    assert pick({"GEMINI_API_KEY": KEY, BASE: ""}).base_url == f"https://{GOOGLE}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8788", "https://drafts.example.org", None])
def test_a_running_emulator(url):
    access = pick({}, None, (), url)
    assert (access.base_url, access.secret) == (url, None)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8788", "ftp://x", "http://", "http://me:hunter2@127.0.0.1", "http://[::1",
            "http://127.0.0.1:99999"]
)  # fmt: skip
def test_what_is_no_address_of_an_emulator_is_named(url):
    with pytest.raises(SettingsError, match="CAVENDISH_OFFLINE_URL: ") as caught:
        pick({}, None, (), url)
    assert "hunter2" not in str(caught.value.to_json())


def test_a_broken_emulator_address_does_not_disturb_real_work():
    assert pick({"GEMINI_API_KEY": KEY}, None, (), "nonsense").facts.name == "gemini"


def test_errors_are_ours():
    assert issubclass(SettingsError, CavendishError)
