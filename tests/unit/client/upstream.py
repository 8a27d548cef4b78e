"""A loopback server in the provider's place, for what the emulator does not say or do."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

from cavendish.catalog.loader import find_model

CANARY = "AIzaCanary-0123456789abcdefghijklmnopqrs"
USAGE = {
    "promptTokenCount": 5,
    "candidatesTokenCount": 1216,
    "thoughtsTokenCount": 179,
    "totalTokenCount": 1400,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5}],
    "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
}
USAGE_USD = "0.13771"
"""5 x 2 + (96 + 179) x 12 + 1120 x 120 USD per million."""


@dataclass
class Reply:
    """What the server answers; it waits for `until` first, and hangs up without a `status`."""

    status: int | None = 200
    body: bytes = b"{}"
    until: threading.Event | None = None
    headers: dict[str, str] = field(default_factory=dict)


@cache
def pixels(width, height, shade=0, kind="JPEG"):
    """An encoded picture: a square on a ground of one colour."""
    file = io.BytesIO()
    picture = Image.new("RGB", (width, height), (shade % 256, 90, 160))
    picture.paste((250, 240, 20), (width // 4, height // 4, width // 2, height // 2))
    picture.save(file, kind)
    return file.getvalue()


def picture(data, *, text=None, usage=USAGE, mime="image/jpeg", **reply):
    """A good answer with the picture `data`, and words if there is `text`."""
    parts = [{"inlineData": {"mimeType": mime, "data": base64.b64encode(data).decode()}}]
    if text is not None:
        parts.insert(0, {"text": text})
    return answer(parts, usage=usage, **reply)


def answer(parts, *, usage=USAGE, finish="STOP", **reply):
    """A good answer with these parts."""
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}
    body = {"candidates": [candidate], "responseId": "r-1", "usageMetadata": usage}
    return Reply(body=json.dumps(body).encode(), **reply)


def refusal(status, word, message, details=()):
    """A google.rpc.Status."""
    said = {"code": status, "message": message, "status": word, "details": list(details)}
    return Reply(status, json.dumps({"error": said}).encode())


REJECTED_KEY = refusal(
    400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.",
    [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
      "domain": "googleapis.com"}],
)  # fmt: skip


def as_asked(number, path, body):
    """The picture that was asked for, each in a shade of its own."""
    model = find_model(re.search(r"models/([^:]+):", path)[1])
    asked = body["generationConfig"]["imageConfig"]
    width, height = model.pixels[asked.get("imageSize", "1K")][asked["aspectRatio"]]
    return picture(pixels(width, height, number))


class Upstream:
    """The server: it notes every request and answers with `script(number, path, body)`."""

    def __init__(self):
        self.script = as_asked
        self.look = Reply(404)
        self.requests = []
        self.arrived = threading.Semaphore(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def always(self, *replies):
        """Answers with each of `replies` in turn, and then with the last one."""
        self.script = lambda number, *_: replies[min(number, len(replies)) - 1]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(upstream):  # noqa: N805 - the handler is the other self
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                upstream.requests.append((self.path, dict(self.headers), body))
                number = len(upstream.requests)
                upstream.arrived.release()
                reply = upstream.script(number, self.path, body)
                if reply.until is not None:
                    reply.until.wait(20)
                self.close_connection = True
                if reply.status is None:
                    return
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except OSError:
                    pass  # the client has gone

            def do_GET(self):
                self.close_connection = True
                self.send_response(upstream.look.status)
                self.send_header("Content-Length", str(len(upstream.look.body)))
                self.end_headers()
                self.wfile.write(upstream.look.body)

            def log_message(self, *_):
                pass

        return Handler
