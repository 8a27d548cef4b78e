"""Paths of the service that the emulator does not answer, and paths that nobody has."""

import json

import pytest

PRO = "gemini-3-pro-image"
PLACE = "/v1beta1/projects/p/locations/global"


@pytest.fixture
def token(client):
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    given = json.loads(client.raw("GET", path, headers={"Metadata-Flavor": "Google"})[2])
    return {"Authorization": f"Bearer {given['access_token']}"}


@pytest.mark.parametrize(
    ("method", "path", "what"),
    [
        ("POST", f"/v1beta/models/{PRO}:batchGenerateContent", "batches"),
        ("GET", "/v1beta/batches", "batches"),
        ("GET", "/v1beta/batches/abc", "batches"),
        ("POST", f"{PLACE}/batchPredictionJobs", "batches"),
        ("GET", "/v1beta/cachedContents", "cached contents"),
        ("GET", f"{PLACE}/cachedContents", "cached contents"),
        ("POST", "/v1beta/interactions", "interactions"),
        ("GET", "/v1beta/tunedModels", "tuned models"),
        ("GET", f"{PLACE}/models", "tuned models"),
        ("GET", "/v1beta/fileSearchStores", "file search"),
        ("POST", "/v1beta/openai/chat/completions", "it stands under /v1"),
        ("GET", "/v1beta/files/abc:download?alt=media", "files"),
    ],
)
def test_what_is_absent_is_said(client, method, path, what):
    status, body = client(method, path, {} if method == "POST" else None)
    assert (status, body["error"]["status"]) == (501, "UNIMPLEMENTED")
    assert what in body["error"]["message"]
    assert "generateContent" in body["error"]["message"], "what there is instead"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1beta/nothing"),
        ("POST", "/v1beta/models"),
        ("DELETE", f"/v1beta/models/{PRO}"),
        ("GET", f"/v1beta/models/{PRO}:generateContent"),
        ("PUT", f"/v1beta/models/{PRO}:generateContent"),
        ("GET", "/v3/models"),
        ("GET", "/index.html"),
    ],
)
def test_what_nobody_has_is_a_404_in_the_services_shape(client, method, path):
    status, headers, raw = client.raw(method, path)
    assert (status, headers.get_content_type()) == (404, "application/json")
    assert b'"status": "NOT_FOUND"' in raw


@pytest.mark.parametrize("method", ["embedContent", "batchEmbedContents", "predict"])
def test_methods_that_no_model_of_this_kind_has(client, method):
    status, body = client("POST", f"/v1beta/models/{PRO}:{method}", {})
    assert status == 404
    assert f"is not supported for {method}" in body["error"]["message"]


def test_heads_of_one_model_and_of_nothing(client):
    assert client.raw("HEAD", f"/v1beta/models/{PRO}")[0] == 200
    assert client.raw("HEAD", "/v1beta/nothing")[::2] == (404, b"")


def test_models_that_vertex_ai_has_not_whatever_is_asked_of_them(client, token):
    path = f"{PLACE}/publishers/google/models/imagen-4.0-generate-001:predict"
    status, _, raw = client.raw("POST", path, {}, token)
    assert status == 404
    assert json.loads(raw)["error"]["message"].startswith("Publisher Model `projects/p/")


def test_an_answer_of_vertex_ai_as_it_was_recorded(client, token):
    body = {"contents": [{"role": "user", "parts": [{"text": "a cat"}]}]}
    path = f"{PLACE}/publishers/google/models/{PRO}:generateContent"
    _, headers, raw = client.raw("POST", path, body, token)
    order = ["candidates", "usageMetadata", "modelVersion", "createTime", "responseId"]
    assert list(json.loads(raw)) == order
    assert not {"X-Gemini-Service-Tier", "Server-Timing"} & set(headers)


def test_vertex_ai_lists_its_models(client, token):
    path = "/v1beta1/publishers/google/models?pageSize=2"
    first = json.loads(client.raw("GET", path, headers=token)[2])
    assert len(first["publisherModels"]) == 2
    more = f"{path}&pageToken={first['nextPageToken']}"
    second = json.loads(client.raw("GET", more, headers=token)[2])
    names = {model["name"] for page in (first, second) for model in page["publisherModels"]}
    assert len(names) == 4
    assert f"publishers/google/models/{PRO}" in names


def test_characters_are_billable_on_vertex_ai(client, token):
    """As recorded there: blanks do not count."""
    said = {"contents": [{"role": "user", "parts": [{"text": "The quick  brown\nfox."}]}]}
    path = f"{PLACE}/publishers/google/models/{PRO}:countTokens"
    counted = json.loads(client.raw("POST", path, said, token)[2])
    assert counted["totalBillableCharacters"] == 17
    assert (
        "totalBillableCharacters"
        not in client("POST", f"/v1beta/models/{PRO}:countTokens", said)[1]
    )


@pytest.mark.parametrize(
    ("uri", "code", "said"),
    [
        ("gs://bucket/a.png", 403, "Permission denied while accessing input file."),
        ("https://example.com/a.png", 400, "Cannot fetch content from the provided URL."),
    ],
)
def test_pictures_that_are_elsewhere(client, token, uri, code, said):
    """The emulator fetches nothing, from a bucket or from the web."""
    part = {"fileData": {"fileUri": uri, "mimeType": "image/png"}}
    body = {"contents": [{"role": "user", "parts": [part, {"text": "a cat"}]}]}
    path = f"{PLACE}/publishers/google/models/{PRO}:generateContent"
    status, _, raw = client.raw("POST", path, body, token)
    assert (status, json.loads(raw)["error"]["message"]) == (code, said)
    if uri.startswith("https"):
        status, answer = client("POST", f"/v1beta/models/{PRO}:generateContent", body)
        assert (status, answer["error"]["message"]) == (code, said)
