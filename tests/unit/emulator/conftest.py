"""An emulator on a loopback port, and a plain HTTP client for it."""

import http.client
import json

import pytest

from cavendish.catalog.loader import MODEL_FACTS
from cavendish_emulator import Emulator
from cavendish_emulator.catalog import read_catalog

CATALOG = MODEL_FACTS


class Client:
    """Speaks JSON to one emulator, one connection per call."""

    def __init__(self, address):
        self.address = address

    def __call__(self, method, path, body=None):
        status, _, data = self.raw(method, path, body)
        return status, json.loads(data)

    def raw(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            sent = body if isinstance(body, (bytes, type(None))) else json.dumps(body)
            connection.request(method, path, sent, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def generate(self, text="a cat", model="gemini-3-pro-image", **config):
        body = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
        if config:
            body["generationConfig"] = config
        return self("POST", f"/v1beta/models/{model}:generateContent", body)


@pytest.fixture(scope="session")
def models():
    return read_catalog(CATALOG)


@pytest.fixture(scope="session")
def catalog():
    return CATALOG


@pytest.fixture(scope="module")
def emulator():
    with Emulator(catalog=CATALOG) as running:
        yield running


@pytest.fixture
def client(emulator):
    speak = Client(emulator.url.removeprefix("http://"))
    speak("POST", "/_emulator/reset")
    return speak
