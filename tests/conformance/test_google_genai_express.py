"""The official google-genai SDK in Vertex AI's express mode, where a key stands for a project."""

import pytest

from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
PRO = "gemini-3-pro-image"


@pytest.fixture
def open_with():
    """Makes a client with a key, for an emulator that takes the key "right"."""
    from google.genai import Client

    made = []
    with Emulator(catalog=MODEL_FACTS, require_key="right") as locked:

        def make(key):
            options = {"base_url": locked.url}
            made.append(Client(vertexai=True, api_key=key, http_options=options))
            return made[-1]

        yield make
        for client in made:
            client.close()


def test_the_right_key_counts_streams_and_lists(open_with):
    client = open_with("right")
    assert client.models.count_tokens(model=PRO, contents="a fox").total_tokens == 2
    *_, last = client.models.generate_content_stream(model=PRO, contents="a fox")
    assert last.usage_metadata.traffic_type.value == "ON_DEMAND"
    assert client.models.get(model=PRO).name == f"publishers/google/models/{PRO}"


def test_another_key_is_an_invalid_argument(open_with):
    from google.genai import errors

    with pytest.raises(errors.ClientError, match="API key not valid") as caught:
        open_with("wrong").models.generate_content(model=PRO, contents="a fox")
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
