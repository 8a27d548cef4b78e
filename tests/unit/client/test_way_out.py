"""A client takes its way to a real channel from the environment and the settings."""

from __future__ import annotations

import asyncio

import pytest

from cavendish.client.aio import AsyncClient
from cavendish.client.settings import Settings
from cavendish.core.errors import ConnectionFailed, SettingsError
from unit.channels.test_way import (
    KEY,
    NAME,
    Authority,
    name_of_the_service,  # noqa: F401 - a fixture
    proxying,
)
from unit.channels.wires import listening, read_request, response
from unit.client.upstream import picture, pixels


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


def draw(authority, tmp_path, *, settings, env):
    """One picture bought over TLS, `proxy` in the environment; what the proxy saw in the clear."""
    log = []

    async def talk(reader, writer):
        asked = await read_request(reader)
        assert asked.headers["x-goog-api-key"] == KEY
        writer.write(response(picture(pixels(1024, 1024)).body))
        await writer.drain()

    async def go():
        async with (
            listening(talk, ssl=authority.server(NAME)) as port,
            proxying(log) as proxy,
        ):
            (tmp_path / "cavendish.toml").write_text(settings.format(proxy=proxy))
            said = {name: value.format(proxy=proxy) for name, value in env.items()}
            surroundings = {
                "HOME": str(tmp_path),
                "GEMINI_API_KEY": KEY,
                "GOOGLE_GEMINI_BASE_URL": f"https://{NAME}:{port}",
                **said,
            }
            found = Settings.load(surroundings, folder=tmp_path)
            async with AsyncClient(settings=found) as client:
                return (await client.generate("a fox", size="1K", retries=0)).image

    return asyncio.run(go()), b"".join(log)


@pytest.mark.parametrize(
    ("settings", "env", "through"),
    [
        ("ca_file = '{ca}'", {}, False),
        ("ca_file = '{ca}'", {"HTTPS_PROXY": "{proxy}"}, True),
        ("ca_file = '{ca}'", {"HTTPS_PROXY": "{proxy}", "NO_PROXY": NAME}, False),
        ("ca_file = '{ca}'\nproxy = '{{proxy}}'", {}, True),
        ("ca_file = '{ca}'\nproxy = 'http://nowhere.test:1'", {"HTTPS_PROXY": "{proxy}"}, True),
        ("", {"SSL_CERT_FILE": "{ca}", "https_proxy": "{{proxy}}"}, True),
    ],
)
def test_authorities_and_proxies_come_from_the_surroundings(
    authority, tmp_path, settings, env, through
):
    env = {name: value.replace("{ca}", str(authority.file)) for name, value in env.items()}
    env = {name: value.replace("{{proxy}}", "{proxy}") for name, value in env.items()}
    image, clear = draw(authority, tmp_path, settings=settings.format(ca=authority.file), env=env)
    assert (image.width, image.height) == (1024, 1024)
    assert (b"CONNECT" in clear) == through
    assert KEY.encode() not in clear


def test_without_the_authority_nothing_is_sent(authority, tmp_path):
    with pytest.raises(ConnectionFailed, match="not trusted") as caught:
        draw(authority, tmp_path, settings="", env={})
    assert caught.value.billed is False


def test_a_ca_file_that_is_none_is_told_before_anything_is_sent(authority, tmp_path):
    with pytest.raises(SettingsError, match="ca_file"):
        draw(authority, tmp_path, settings="ca_file = '/nowhere/ca.pem'", env={})
