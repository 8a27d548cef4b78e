"""A user's own channel: the shortest file, the longest, and every way to get one wrong."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from cavendish.catalog.channel_file import PATHS, channel_entries, own_channel
from cavendish.catalog.loader import FACTS, channels
from cavendish.core.errors import SettingsError
from cavendish.core.model import FilesFacts
from cavendish.core.money import Money

SHORTEST = """
base_url = "https://api.example.org"
[auth]
key_env = "EXAMPLE_API_KEY"
[prices.per_call]
"gemini-3-pro-image" = 0.08
"""


@pytest.fixture
def read(tmp_path):
    """The channel that a file with this text describes."""

    def read(text, name="mine"):
        path = tmp_path / f"{name}.toml"
        path.write_text(text)
        return own_channel(name, channel_entries(path), "mine.toml")

    return read


def test_the_shortest_file(read):
    found = read(SHORTEST)
    assert (found.name, found.title, found.surface, found.realm) == ("mine", "mine", "mine", "real")
    assert (found.direct_google, found.third_party) == (False, True)
    assert (found.auth_header, found.auth_scheme) == ("Authorization", "Bearer")
    assert (found.key_env, found.path) == (("EXAMPLE_API_KEY",), PATHS["gemini"])
    assert found.per_call == {"gemini-3-pro-image": Money.parse("0.08")}
    assert (found.checked, found.sources, found.vices) == (None, (), ())
    assert (found.request_bytes, found.file) == (20_000_000, "mine.toml")


FACT = '{ says = "99 %", source = { url = "http://x", checked = 2026-11-25 } }'


@pytest.mark.parametrize("said", ["0.08", '"0.08"', "0.080"])
def test_a_price_has_the_digits_it_is_written_with(read, said):
    found = read(SHORTEST.replace("0.08", said))
    assert found.per_call["gemini-3-pro-image"].nanos == 80_000_000


def test_all_that_can_be_said(read):
    found = read("""
name = "mine"
title = "My relay"
dialect = "gemini"
base_url = "https://api.example.org/gw"
base_url_env = "MINE_BASE_URL"
path = "/x/{model}"
vices = ["slow"]
source = { url = "https://example.org", checked = 2026-01-01 }
[auth]
header = "x-key"
key_env = ["A_KEY", "B_KEY"]
[prices]
source = { url = "https://example.org/prices", checked = 2026-02-02 }
[prices.per_call]
"gemini-3-pro-image" = "0.08"
"gemini-nano-banana-2.1" = "0"
[models]
ids = { "gemini-3-pro-image" = "pro" }
accepts = ["gemini-3-pro-image-preview"]
[limits]
request_bytes = 1000
""")
    assert (found.title, found.base_url_env, found.path) == (
        "My relay",
        "MINE_BASE_URL",
        "/x/{model}",
    )
    assert (found.auth_header, found.auth_scheme) == ("x-key", None)
    assert found.key_env == ("A_KEY", "B_KEY")
    assert found.checked == date(2026, 2, 2)
    assert found.sources == ("https://example.org", "https://example.org/prices")
    assert (found.ids, found.accepts) == (
        {"gemini-3-pro-image": "pro"}, ("gemini-3-pro-image-preview",),
    )  # fmt: skip
    assert (found.request_bytes, found.vices) == (1000, ("slow",))


def test_models_are_looked_up_and_files_kept_where_the_file_says(read):
    found = read('look_path = "/v1/models/{model}"\n' + SHORTEST + "[files]\nlife_s = 3600\n")
    assert found.look_path == "/v1/models/{model}"
    assert found.files == FilesFacts("/upload/v1beta/files", "/v1beta/files", 2_000_000_000, 3600)
    dropped = read(SHORTEST + '[request]\ndrops = ["seed", "thinking", "tier"]\n')
    assert dropped.drops == {"seed", "thinking", "tier"}
    assert (read(SHORTEST).files, read(SHORTEST).look_path) == (None, None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[auth]", 'look_path = "/v1/models"\n[auth]', "look_path must start with / and hold"),
        ("[auth]", 'look_path = "/{model}/{key}"\n[auth]', "look_path must start with / and hold"),
        ("[auth]", 'look_path = "{model}"\n[auth]', "look_path must start with / and hold"),
        ("[auth]", 'files.folder = "x"\n[auth]', "there is no field 'files.folder'"),
        ("[auth]", 'files.path = "x"\n[auth]', "files.path must start with /"),
        ("[auth]", 'files.look_path = "/{x}"\n[auth]', "files.look_path must start with /"),
        ("[auth]", "files.life_s = 0\n[auth]", "files.life_s must be above 0"),
        ("[auth]", 'files.file_bytes = "2 GB"\n[auth]', "files.file_bytes must be a whole number"),
        ("[auth]", 'dialect = "openai-chat"\nfiles.life_s = 9\n[auth]', "has no words for files"),
        ("[auth]", 'request.drops = ["size"]\n[auth]', "request.drops: 'size' is none of them"),
        ("base_url =", "bse_url =", "there is no field 'bse_url'"),
        ("key_env =", "key =", "there is no field 'auth.key'"),
        ("[auth]", "direct_google = true\n[auth]", "there is no field 'direct_google'"),
        ("[auth]", 'realm = "simulated"\n[auth]', "there is no field 'realm'"),
        ("[auth]", 'surface = "gemini"\n[auth]', "there is no field 'surface'"),
        ('"https://api.example.org"', "7", "base_url must be text"),
        ('"EXAMPLE_API_KEY"', "7", "auth.key_env must be text or a list of texts"),
        ('"EXAMPLE_API_KEY"', "[7]", "auth.key_env must be text or a list of texts"),
        ('"EXAMPLE_API_KEY"', "[]", "auth.key_env is missing"),
        ('"EXAMPLE_API_KEY"', '"sk-live 1"', "auth.key_env must name a variable, not hold a key"),
        ("[auth]", "auth = 3\n[other]", "auth must be a table"),
        ("[auth]", "features.speed.says = true\n[auth]", "there is no field 'features.speed'"),
        ("[auth]", "features.batch.says = 1\n[auth]", "features.batch.says must be true or false"),
        ("[auth]", "compliance.sla.says = true\n[auth]", "compliance.sla needs says and a source"),
        ("[auth]", f"compliance.sla = {FACT}\n[auth]", "compliance.sla.source.url is no https"),
        ("0.08", '"-1"', "prices.per_call.gemini-3-pro-image is no price in USD"),
        ("0.08", '"8 ct"', "prices.per_call.gemini-3-pro-image is no price in USD"),
        ("0.08", "true", "prices.per_call.gemini-3-pro-image is no price in USD"),
        ("0.08", "1e-2", "prices.per_call.gemini-3-pro-image is no price in USD"),
        ("gemini-3-pro-image", "gemini-9", "prices.per_call: there is no model 'gemini-9'"),
        ('"gemini-3-pro-image" = 0.08', "", "prices.per_call is missing"),
        ("base_url =", "# base_url =", "base_url is missing"),
        ("[auth]", 'name = "other"\n[auth]', "name is 'other', and the file is called 'mine'"),
        ("[auth]", 'dialect = "openai"\n[auth]', "dialect 'openai' is not known"),
        ("[auth]", 'path = "/v1/images"\n[auth]', "path must start with / and hold {model} once"),
        ("[auth]", 'path = "/{model}?key=x"\n[auth]', "path must start with /"),
        ("[auth]", '[auth]\nheader = "x key"', "auth.header is no word for a header"),
        ("[auth]", '[auth]\nscheme = "Bearer:"', "auth.scheme is no word for a header"),
        ("[auth]", "[limits]\nrequest_bytes = 0\n[auth]", "limits.request_bytes must be above 0"),
        ("[auth]", "[limits]\nrequest_bytes = true\n[auth]", "must be a whole number"),
        ("[auth]", "[models]\nids = { x = 3 }\n[auth]", "models.ids.x must be the model's id"),
        ("[auth]", 'source = { checked = "soon" }\n[auth]', "source.checked must be a date"),
        ("[auth]", 'vices = "slow"\n[auth]', "vices must be a list of texts"),
        ("[auth]", 'title = "a\\u001bb"\n[auth]', "title must be text"),
        ("[auth]", "[[[", "at line 3"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_file_and_field(read, old, new, said):
    assert old in SHORTEST
    with pytest.raises(SettingsError) as caught:
        read(SHORTEST.replace(old, new, 1))
    assert "mine.toml: " in caught.value.message
    assert said.lower() in caught.value.message.lower()
    assert caught.value.next_step
    assert caught.value.exit_code == 2


def test_the_nearest_field_is_named(read):
    with pytest.raises(SettingsError) as caught:
        read(SHORTEST.replace("key_env", "key_evn"))
    assert caught.value.next_step.startswith("did you mean auth.key_env? known in [auth]: header")


@pytest.mark.parametrize("name", ["Mine", "9", "a b", "x" * 33, "vertex@here"])
def test_a_name_that_cannot_be_one(read, name):
    with pytest.raises(SettingsError, match="cannot be a channel's name"):
        read(SHORTEST, name=name)


@pytest.mark.tree
def test_the_page_shows_files_that_can_be_read(read):
    page = Path(__file__).resolve().parents[3] / "docs" / "channels.md"
    shown = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    assert len(shown) >= 4
    for text in shown[:2]:
        assert read(text).per_call["gemini-3-pro-image"] == Money.parse("0.08")
    dialects = {read(text).dialect for text in shown if "base_url" in text}
    assert dialects == {"gemini", "openai-images", "openai-chat"}


def test_a_file_that_is_not_there():
    with pytest.raises(SettingsError, match=r"none\.toml"):
        channel_entries(Path("/none.toml"))


@pytest.mark.parametrize("name", [name for name, one in channels().items() if one.third_party])
def test_third_parties_of_the_catalogue_pass_for_a_users_own(name):
    """The form is the same, but for who vouches for it."""
    entries = channel_entries(FACTS / "channels" / f"{name}.toml")
    for ours in ("realm", "direct_google"):
        del entries[ours]
    found, known = own_channel(name, entries, "file"), channels()[name]
    assert {f: getattr(found, f) for f in found.__slots__ if f != "file"} == {
        f: getattr(known, f) for f in known.__slots__ if f != "file"
    }
    assert known.vices
    assert known.checked is not None
    assert set(known.per_call.values()) > {Money.parse("0.02")} or known.surface == "gemini"
