"""Vertex AI through the whole house: real google-auth, the emulator in Google's place."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import urllib.request

import pytest

from cavendish import AsyncClient, Client
from cavendish.catalog.loader import MODEL_FACTS, find_channel
from cavendish.channels import google_tokens
from cavendish.channels.packing import message_of
from cavendish.client.settings import Settings
from cavendish.core import errors
from cavendish.core.request import ImageRequest, Reference
from cavendish_emulator import Emulator
from vertex_account import private_key, service_account

PRO, FLASH, OLD = "gemini-3-pro-image", "gemini-nano-banana-2.1", "gemini-2.5-flash-image"


class Cloud:
    """The emulator, and what it can be asked and told beside the service."""

    def __init__(self, emulator):
        self.url = emulator.url

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/_emulator/{path}", data, timeout=10) as answer:
            return json.loads(answer.read())

    def arm(self, fault, times=1, **match):
        self.control("faults", [{"fault": fault, "times": times, "match": match}])

    @property
    def bought(self):
        return self.control("bill")["executions"]

    @property
    def tokens(self):
        return self.control("tokens")["given"]

    def later(self, seconds):
        """An hour goes by for the service, and not for us."""
        self.control("clock", {"advance_s": seconds})


@pytest.fixture
def cloud():
    with Emulator(catalog=MODEL_FACTS) as emulator:
        yield Cloud(emulator)


@pytest.fixture
def env(cloud, tmp_path, monkeypatch):
    """Sets the environment of a service account; `None` leaves a name out."""

    def put(account=None, **changed):
        file = tmp_path / "key.json"
        file.write_text(json.dumps(account or service_account(cloud.url)))
        file.chmod(0o600)
        names = {
            "GOOGLE_APPLICATION_CREDENTIALS": str(file), "GOOGLE_CLOUD_PROJECT": "p-1",
            "GOOGLE_VERTEX_BASE_URL": cloud.url, **changed,
        }  # fmt: skip
        for name, value in names.items():
            if value is not None:
                monkeypatch.setenv(name, value)

    put()
    return put


def draw(**options):
    with Client() as client:
        return client.generate("a fox", size=options.pop("size", "1K"), **options)


def test_a_picture_is_bought_and_both_bills_agree(cloud, env):
    for size, model in (("1K", PRO), ("4K", FLASH)):
        result = draw(size=size, model=model)
        assert (result.realm, result.image.channel) == ("real", "vertex")
        assert result.warnings == ()
        assert result.cost.usd == cloud.bought[-1]["usd"]
    assert cloud.bought[-1]["channel"] == "vertex"
    assert float(result.cost.usd) > 3780 * 30e-6


@pytest.mark.parametrize("tier", ["flex", "priority"])
def test_a_tier_is_asked_for_in_headers_and_booked_as_given(cloud, env, tier):
    result = draw(tier=tier)
    assert result.warnings == ()
    assert result.cost.usd == cloud.bought[-1]["usd"]


def test_a_region_costs_a_tenth_more_and_has_one_model(cloud, env, monkeypatch):
    world = draw(model=OLD, size=None, cache=False)
    region = draw(model=OLD, size=None, channel="vertex@us-central1", cache=False)
    assert region.image.channel == "vertex@us-central1"
    assert region.cost.usd == cloud.bought[-1]["usd"]
    assert region.cost.nanos * 10 == world.cost.nanos * 11
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "us-central1")
    with Client() as client:
        assert client.estimate("a fox", model=OLD).call.access.facts.name == "vertex@us-central1"
    requests = len(cloud.bought)
    with pytest.raises(errors.InvalidRequest, match="at global only, not at us-central1") as caught:
        draw()
    assert caught.value.next_step == "use global"
    assert len(cloud.bought) == requests


def test_a_chat_stays_where_it_began_whatever_the_environment_says_later(cloud, env, monkeypatch):
    with Client() as client:
        chat = client.chat()
        chat.send("a fox", model=OLD)
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "us-central1")
    with Client() as client:
        again = client.chat(chat.id)
        assert again.send("a hat").image.channel == "vertex"
        with pytest.raises(errors.InvalidRequest, match="mean nothing to vertex@us") as caught:
            again.send("a tie", channel="vertex@us-central1")
        assert "where you name no channel" in caught.value.next_step
        moved = again.send("a tie", channel="vertex@us-central1", flatten=True)
        assert moved.image.channel == "vertex@us-central1"
        assert again.send("a coat").image.channel == "vertex@us-central1"
        assert (
            client.estimate("a fox", model=OLD, channel="vertex@global").call.access.facts.name
            == "vertex"
        )


def test_one_refresh_serves_many(cloud, env):
    async def ask():
        async with AsyncClient() as client:
            await asyncio.gather(*(client.generate(f"fox {i}", size="1K") for i in range(8)))

    asyncio.run(ask())
    assert (len(cloud.bought), cloud.tokens) == (8, 1)


def test_a_token_the_service_no_longer_takes_is_renewed_once_and_nothing_paid_twice(
    cloud, env, monkeypatch
):
    with Client() as client:
        client.generate("a fox", size="1K")
        cloud.arm("unauthenticated")
        image = client.generate("a heron", size="1K").image
        assert [attempt.outcome for attempt in image.attempts] == ["executed"]
        assert (len(cloud.bought), cloud.tokens) == (2, 2)
        cloud.arm("unauthenticated", times=2)
        with pytest.raises(errors.AuthenticationError) as caught:
            client.generate("an owl", size="1K")
        assert (caught.value.http_status, caught.value.billed) == (401, False)
        assert (len(cloud.bought), cloud.tokens) == (2, 3)


def test_a_token_is_renewed_before_it_ends(cloud, env):
    from google.auth import _helpers

    with Client() as client:
        client.generate("a fox", size="1K")
        channel = client._twin._house._channels["vertex"]
        credentials = channel._tokens._credentials
        credentials.expiry = _helpers.utcnow() + _helpers.REFRESH_THRESHOLD / 2
        client.generate("a heron", size="1K")
        assert cloud.tokens == 2


def test_the_old_token_is_used_while_it_lives_and_no_other_comes(cloud, env):
    from google.auth import _helpers

    with Client() as client:
        client.generate("a fox", size="1K")
        credentials = client._twin._house._channels["vertex"]._tokens._credentials
        credentials.expiry = _helpers.utcnow() + _helpers.REFRESH_THRESHOLD / 2
        credentials._token_uri = cloud.url + "/nowhere"
        client.generate("a heron", size="1K")
        assert (len(cloud.bought), cloud.tokens) == (2, 1)


@pytest.mark.parametrize(
    ("seconds", "row", "step"),
    [(8000, "clock-skew", "set this machine's clock"), (0, "token-refused", "gcloud")],
)
def test_no_token_is_typed_and_costs_nothing(cloud, env, seconds, row, step):
    if seconds:
        cloud.later(seconds)
    else:
        env(service_account(cloud.url, client_email="deleted@p-1.iam.gserviceaccount.com"))
    with pytest.raises(errors.AuthenticationError) as caught:
        draw(retries=2)
    error = caught.value
    assert (error.billed, error.http_status, error.details["row"]) == (False, None, row)
    assert step in error.next_step
    assert [one["outcome"] for one in error.details["attempts"]] == ["not_sent"]
    assert "PRIVATE" not in json.dumps(error.to_json())


def test_a_token_endpoint_that_is_not_there_is_tried_again(cloud, env):
    env(service_account("http://127.0.0.1:9"))
    with pytest.raises(errors.ConnectionFailed, match="access token") as caught:
        draw(retries=0)
    assert (caught.value.billed, caught.value.retryable) == (False, True)
    assert caught.value.details["row"] == "no-token"


def test_a_token_endpoint_is_not_asked_without_tls(env):
    env(service_account("http://oauth.example.com"))
    with pytest.raises(errors.ConnectionFailed, match="over https"):
        draw(retries=0)


@pytest.mark.parametrize(
    "file",
    [
        "{}",
        "[",
        '{"type": "service_account"}',
        '{"type": "x"}',
        "[1]",
        "\x00",
        "[" * 90_000,
        '{"type": {}}',
        json.dumps(service_account("http://127.0.0.1:9", private_key=5)),
        json.dumps(service_account("http://127.0.0.1:9", private_key="-----BEGIN")),
    ],
)
def test_a_credential_file_that_is_none(env, tmp_path, file):
    (tmp_path / "key.json").write_text(file)
    with pytest.raises(errors.SettingsError, match="credential file") as caught:
        draw()
    assert caught.value.billed is False


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"private_key": "-----BEGIN PRIVATE KEY-----\\nabc"}, "its private_key cannot be read"),
        ({"client_email": None}, "it lacks client_email"),
        ({"type": None}, "it holds no credential"),
        ({"type": "wizard"}, "its type is none"),
    ],
)
def test_what_is_wrong_with_a_credential_file_is_said(env, tmp_path, changed, said):
    account = {**service_account("http://127.0.0.1:9"), **changed}
    account = {name: value for name, value in account.items() if value is not None}
    (tmp_path / "key.json").write_text(json.dumps(account))
    with pytest.raises(errors.SettingsError, match=f"cannot be used: {said}") as caught:
        draw()
    assert "PRIVATE" not in str(caught.value)


def test_a_quota_project_that_no_header_takes_is_refused_before_anything_is_sent(env, tmp_path):
    account = {"type": "authorized_user", "client_id": "a", "client_secret": "b",
               "refresh_token": "c", "quota_project_id": "p\r\nx-evil: 1"}  # fmt: skip
    (tmp_path / "key.json").write_text(json.dumps(account))
    with pytest.raises(errors.SettingsError, match="its quota_project_id is no project's id"):
        draw()


def test_a_credential_file_that_is_not_there_or_no_json(env, tmp_path):
    (tmp_path / "key.json").write_text("AIza-no-file-but-a-key")
    with pytest.raises(errors.SettingsError, match="cannot be used: it is not JSON"):
        draw()
    (tmp_path / "key.json").unlink()
    with pytest.raises(errors.SettingsError, match="cannot be used: no such file"):
        draw()


def test_a_byte_order_mark_before_a_credential_is_passed_over(env, cloud, tmp_path):
    (tmp_path / "key.json").write_text(json.dumps(service_account(cloud.url)), "utf-8-sig")
    assert draw().cost.usd == cloud.bought[-1]["usd"]


def test_without_google_auth_the_command_that_installs_it(env, monkeypatch):
    monkeypatch.setattr(google_tokens, "google_auth_is_there", lambda: False)
    with pytest.raises(errors.SettingsError, match="needs google-auth") as caught:
        draw()
    assert "pip install 'cavendish[google]'" in caught.value.next_step


def test_express_mode(cloud, monkeypatch):
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_API_KEY", "express-key-of-nobody")
    monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", cloud.url)
    assert draw().cost.usd == cloud.bought[-1]["usd"]
    assert (cloud.bought[-1]["channel"], cloud.tokens) == ("vertex", 0)
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", "us-central1")
    with pytest.raises(errors.SettingsError, match="at global only"):
        draw()


def test_who_goes_to_vertex(env, monkeypatch, cloud):
    def goes():
        with Client() as client:
            return client.estimate("a fox").call.access.facts.name

    assert goes() == "vertex"
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-of-nobody-at-all")
    assert goes() == "gemini"
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    assert goes() == "vertex"


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("permission_denied", errors.PermissionDenied, "aiplatform.endpoints.predict"),
        ("permission_denied", errors.PermissionDenied, "roles/aiplatform.user"),
        ("service_disabled", errors.PermissionDenied, "gcloud services enable"),
        ("publisher_model_not_found", errors.NotFound, "GOOGLE_CLOUD_LOCATION=global"),
        ("pool_exhausted", errors.RateLimited, ""),
    ],
)
def test_what_vertex_refuses(cloud, env, fault, kind, words):
    cloud.arm(fault)
    with pytest.raises(kind) as caught:
        draw(retries=0)
    assert words in caught.value.next_step
    assert caught.value.billed is False
    assert cloud.bought == []


def test_application_default_credentials_from_the_metadata_server(cloud, tmp_path):
    """In a process of its own: google-auth reads where the server is when it is imported."""
    host = cloud.url.removeprefix("http://")
    names = {
        "GOOGLE_CLOUD_PROJECT": "p-1", "GOOGLE_VERTEX_BASE_URL": cloud.url,
        "GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "GCE_METADATA_ROOT": host,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "cavendish", "generate", "a fox", "-s", "1K", "--json"],
        env={**os.environ, **names}, cwd=tmp_path, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["cost_usd"] == cloud.bought[-1]["usd"]
    assert cloud.tokens == 1
    assert b"ya29" not in done.stdout + done.stderr


def test_neither_key_nor_token_is_written_anywhere(cloud, env, tmp_path, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    said = [repr(draw()), repr(Settings.load())]
    with Client() as client:
        client.generate("a heron", size="1K", output=str(tmp_path / "out.png"))
        channel = client._twin._house._channels["vertex"]
        token = channel._tokens._credentials.token
        cloud.arm("unauthenticated", times=2)
        with pytest.raises(errors.AuthenticationError) as caught:
            client.generate("an owl", size="1K")
        said += [repr(caught.value), json.dumps(caught.value.to_json())]
    assert token.startswith("ya29.emulated-")
    said += [caplog.text, *capsys.readouterr()]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "key.json"]
    written = b"\n".join(path.read_bytes() for path in files) + "\n".join(said).encode()
    pem = private_key().splitlines()
    for secret in (token, token[14:40], pem[1], pem[5][:40]):
        assert secret.encode() not in written


def test_curl_takes_a_token_from_gcloud(env, monkeypatch):
    with Client() as client:
        said = client.estimate("a fox", tier="flex").curl
        region = client.estimate("a fox", model=OLD, channel="vertex@eu").curl
    assert '-H "Authorization: Bearer $(gcloud auth print-access-token)"' in said
    assert "-H 'X-Vertex-AI-LLM-Shared-Request-Type: flex'" in said
    assert f"/v1/projects/p-1/locations/global/publishers/google/models/{PRO}:generate" in said
    assert "serviceTier" not in said
    assert "/v1/projects/p-1/locations/eu/" in region


HOSTS = {
    "global": "aiplatform.googleapis.com",
    "us-east1": "us-east1-aiplatform.googleapis.com",
    "eu": "aiplatform.eu.rep.googleapis.com",
}


@pytest.mark.parametrize(("location", "host"), HOSTS.items())
def test_where_each_location_is(env, monkeypatch, location, host):
    monkeypatch.delenv("GOOGLE_VERTEX_BASE_URL")
    monkeypatch.setenv("GOOGLE_CLOUD_LOCATION", location)
    with Client() as client:
        said = client.estimate("a fox", model=OLD).curl
    assert f"https://{host}/v1/projects/p-1/locations/{location}/publishers" in said


@pytest.mark.parametrize("project", ["p/../x", "P", "a b", "p?x=1", "p" * 200])
def test_a_project_that_cannot_be_one(env, monkeypatch, project):
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", project)
    with pytest.raises(errors.SettingsError, match="cannot be a project's id"):
        draw()


def test_two_projects_and_a_key_beside_them(env, monkeypatch):
    monkeypatch.setenv("GCP_PROJECT", "p-2")
    monkeypatch.setenv("GOOGLE_API_KEY", "AIza-of-nobody-at-all")
    with Client() as client:
        notices = client.estimate("a fox", channel="vertex").call.access.notices
    assert "GOOGLE_CLOUD_PROJECT and GCP_PROJECT differ; GOOGLE_CLOUD_PROJECT is used" in notices
    assert any("GOOGLE_API_KEY is not used" in one for one in notices)


def test_a_missing_permission_comes_with_the_command_that_grants_it(cloud, env):
    cloud.arm("permission_denied")
    with pytest.raises(errors.PermissionDenied) as caught:
        draw()
    assert caught.value.next_step == (
        "grant aiplatform.endpoints.predict: gcloud projects add-iam-policy-binding p-1 "
        "--member=serviceAccount:painter@p-1.iam.gserviceaccount.com "
        "--role=roles/aiplatform.user"
    )


def test_a_picture_larger_than_vertex_takes_is_refused_before_it_leaves():
    request = ImageRequest(
        model=PRO, prompt="x", size="1K", aspect_ratio="1:1",
        references=(Reference("image/png", b"x" * 7_000_001, name="big.png"),),
    )  # fmt: skip
    with pytest.raises(errors.InvalidRequest, match=r"big.png is 7,000,001 bytes, Vertex AI"):
        message_of(find_channel("vertex"), request, request.model)
    assert message_of(find_channel("gemini"), request, request.model)


def test_a_token_endpoint_that_hangs_does_not_outlast_the_attempt(cloud, env):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env(service_account(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        with pytest.raises(errors.ConnectionFailed, match="no access token") as caught:
            draw(retries=0, timeout_s=0.5)
    assert caught.value.billed is False


def test_no_credentials_at_all(cloud, tmp_path):
    names = {
        "GOOGLE_CLOUD_PROJECT": "p-1", "GOOGLE_VERTEX_BASE_URL": cloud.url,
        "GCE_METADATA_HOST": "127.0.0.1:9", "GCE_METADATA_IP": "127.0.0.1:9",
        "GCE_METADATA_DETECT_RETRIES": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "cavendish", "generate", "a fox", "--json"],
        env={**os.environ, **names}, cwd=tmp_path, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    error = json.loads(done.stdout)["error"]
    assert (done.returncode, error["type"], error["billed"]) == (2, "SettingsError", False)
    assert "gcloud auth application-default login" in error["next_step"]
