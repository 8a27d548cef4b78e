"""Starting, stopping, and what is left behind: nothing."""

import asyncio
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import aiohttp
import pytest

import cavendish_emulator
from cavendish_emulator import Emulator

SOURCE = Path(cavendish_emulator.__file__).parents[1]


def ours():
    return [t for t in threading.enumerate() if t.name.startswith("emulator")]


def ask(emulator):
    async def get():
        if emulator.socket is None:
            connector = aiohttp.TCPConnector()
        else:
            connector = aiohttp.UnixConnector(str(emulator.socket))
        async with (
            aiohttp.ClientSession(emulator.url, connector=connector) as session,
            session.post(
                "/v1beta/models/gemini-3-pro-image:generateContent",
                json={"contents": [{"parts": [{"text": "a cat"}]}]},
            ) as answer,
        ):
            await answer.read()
            return answer.status

    return asyncio.run(get())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "e.sock"


def test_over_a_unix_socket(catalog, path):
    before = len(ours())
    emulator = Emulator(catalog=catalog, socket=path).start()
    assert emulator.url == "http://emulator"
    assert path.is_socket()
    assert path.stat().st_mode & 0o077 == 0
    assert ask(emulator) == 200
    emulator.stop()
    emulator.stop()
    assert not path.exists()
    assert len(ours()) == before


def test_over_tcp(catalog):
    before = len(ours())
    with Emulator(catalog=catalog) as emulator:
        assert emulator.url.startswith("http://127.0.0.1:")
        assert ask(emulator) == 200
        port = int(emulator.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            Emulator(catalog=catalog, port=port).start()
    assert len(ours()) == before


def test_a_socket_in_use_is_left_alone(catalog, path):
    with Emulator(catalog=catalog, socket=path) as first:
        second = Emulator(catalog=catalog, socket=path)
        with pytest.raises(OSError, match="already listens"):
            second.start()
        second.stop()
        assert ask(first) == 200


def test_a_dead_socket_is_replaced(catalog, path):
    import socket

    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with Emulator(catalog=catalog, socket=path) as emulator:
        assert ask(emulator) == 200


def test_stop_does_not_wait_for_slow_answers(catalog):
    emulator = Emulator(catalog=catalog, faults=[{"fault": "slow", "args": {"seconds": 60}}])
    emulator.start()
    failed = []

    def wait():
        try:
            ask(emulator)
        except aiohttp.ClientError as error:
            failed.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    waiting.join(0.3)
    emulator.stop()
    waiting.join(5)
    assert failed


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "0.0.0.0"}, "loopback only"),
        ({"host": "example.com"}, "loopback only"),
        ({"socket": Path("x"), "port": 1}, "not both"),
        ({"socket": Path("/tmp/" + "x" * 120)}, "too long"),
    ],
)
def test_settings_that_cannot_be(catalog, settings, said):
    with pytest.raises(ValueError, match=said):
        Emulator(catalog=catalog, **settings)


def test_a_catalog_without_models(tmp_path):
    with pytest.raises(ValueError, match="no model fact files"):
        Emulator(catalog=tmp_path).start()
    (tmp_path / "m.toml").write_text("id = 'x'")
    with pytest.raises(ValueError, match=r"m\.toml is not a model fact file"):
        Emulator(catalog=tmp_path).start()
    assert not [t for t in ours() if not t.is_alive()]


def command(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "cavendish_emulator", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(SOURCE)},
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(catalog, number):
    with command("--catalog", catalog) as process:
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(number)
        assert process.wait(10) == 0


def test_the_command_takes_faults_quotas_vices_and_a_key(catalog, tmp_path):
    quotas = tmp_path / "quotas.json"
    quotas.write_text('[{"kind": "rpm", "limit": 3}]')
    faults = tmp_path / "faults.json"
    faults.write_text('{"fault": "overloaded"}')
    vices = tmp_path / "vices.json"
    vices.write_text('["charges_twice"]')
    files = ("--quotas", quotas, "--faults", faults, "--vices", vices)
    given = (*files, "--require-key", "k")
    with command("--catalog", catalog, *given) as process:
        url = process.stdout.readline().strip()
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{url}/v1beta/models", timeout=10)
        assert caught.value.code == 403
        caught.value.close()
        with urllib.request.urlopen(f"{url}/_emulator/quotas", timeout=10) as answer:
            assert b'"rpm"' in answer.read()
        with urllib.request.urlopen(f"{url}/_emulator/relay", timeout=10) as answer:
            assert b'"charges_twice"' in answer.read()
        process.terminate()
        assert process.wait(10) == 0
    quotas.write_text('[{"kind": "luck"}]')
    with command("--catalog", catalog, *given) as process:
        assert "unknown kind 'luck'" in process.stderr.read()
        assert process.wait(10) == 2


def test_the_command_refuses_other_hosts(catalog):
    with command("--catalog", catalog, "--host", "0.0.0.0") as process:
        said = process.stderr.read()
        assert process.wait(10) == 2
    assert "loopback only" in said


def test_it_shares_no_code_and_loads_little():
    code = (
        "import sys, cavendish_emulator.server\n"
        "print([m for m in ('cavendish', 'PIL', 'typst') if m in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "[]"
