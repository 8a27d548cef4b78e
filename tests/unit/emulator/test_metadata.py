"""The metadata server, as the credentials of other languages' SDKs look for it."""

import json

import pytest

FLAVOR = {"Metadata-Flavor": "Google"}
ROOT = "/computeMetadata/v1"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@pytest.mark.parametrize("path", ["/", ROOT, f"{ROOT}/", f"{ROOT}/instance"])
def test_it_says_that_it_is_there(client, path):
    """Node's client asks for `instance` and looks at the header, Java's and Go's for the root."""
    status, headers, _ = client.raw("GET", path, headers=FLAVOR)
    assert (status, headers["Metadata-Flavor"]) == (200, "Google")
    status, _, _ = client.raw("GET", path)
    assert status == 404, "whoever does not ask as a machine of Google Cloud asks"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("project/project-id", "cavendish-emulator"),
        ("project/numeric-project-id", "1"),
        ("universe/universe-domain", "googleapis.com"),
        ("instance/service-accounts/default/scopes", SCOPE),
        ("instance/service-accounts/default/email", "emulated@cavendish-emulator"),
        ("instance/zone", "projects/1/zones/"),
    ],
)
def test_its_keys(client, key, said):
    status, headers, raw = client.raw("GET", f"{ROOT}/{key}", headers=FLAVOR)
    assert (status, headers["Metadata-Flavor"]) == (200, "Google")
    assert raw.decode().startswith(said)


def test_a_key_that_is_not_there(client):
    assert client.raw("GET", f"{ROOT}/instance/attributes/x", headers=FLAVOR)[0] == 404


def test_a_token(client):
    path = f"{ROOT}/instance/service-accounts/default/token?scopes={SCOPE}"
    _, _, raw = client.raw("GET", path, headers=FLAVOR)
    token = json.loads(raw)["access_token"]
    body = {"contents": [{"role": "user", "parts": [{"text": "a cat"}]}]}
    path = "/v1/projects/p/locations/global/publishers/google/models/gemini-3-pro-image"
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.raw("POST", f"{path}:countTokens", body, bearer)[0] == 200
