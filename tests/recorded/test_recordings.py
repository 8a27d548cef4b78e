"""Real recorded traffic through the splitter, the decoder and the error table, where it is at hand.

The folder is named by RECORDINGS, else it is ../shared/recordings beside the project;
without it these tests are skipped. Its INDEX.md says what each file holds. Nothing of it is kept
in the project.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
from pathlib import Path

import pytest

from cavendish.core.result import Usage
from cavendish.imaging.inspect import inspect
from cavendish.send.decide import outcome_of
from cavendish.wire.gemini import decode
from cavendish.wire.gemini_errors import classify
from cavendish.wire.split import Splitter

ROOT = Path(
    os.environ.get("RECORDINGS") or Path(__file__).resolve().parents[3] / "shared" / "recordings"
)
pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="no recordings here")

VCR = "crmne-ruby_llm/spec/fixtures/vcr_cassettes"
CASSETTES = "pydantic-pydantic-ai/tests/models/cassettes/test_google"
RIG = "0xPlaygrounds-rig/tests/cassettes/gemini"
FIREBASE = "FirebaseExtended-vertexai-sdk-test-data/mock-responses/googleai"


def bodies_of_vcr(text):
    """(status, body) of each exchange; bodies are literal blocks or quoted."""
    for exchange in text.split("\n  response:\n")[1:]:
        status = int(re.search(r"code: (\d+)", exchange)[1])
        block = re.search(r"      string: \|[-+]?\n((?:        .*\n|\n)+)", exchange)
        if block:
            yield status, "".join(line[8:] or "\n" for line in block[1].splitlines(True)).encode()
        elif quoted := re.search(r"      string: '((?:[^']|'')*)'", exchange):
            yield status, quoted[1].replace("''", "'").encode()


def bodies_of_mock(text):
    """(status, body) of each httpmock exchange; a body is one quoted line or a literal block."""
    for exchange in text.split("\nthen:\n")[1:]:
        status = int(re.search(r"  status: (\d+)", exchange)[1])
        if quoted := re.search(r"\n  body: '((?:[^']|'')*)'", exchange):
            yield status, quoted[1].replace("''", "'").encode()
        elif block := re.search(r"\n  body: \|[-+]?\n((?:    .*\n|\n)+)", exchange):
            yield status, "".join(line[4:] or "\n" for line in block[1].splitlines(True)).encode()


def bodies_of_cassette(text):
    """(status, body) of each exchange whose body was parsed before it was recorded."""
    for exchange in text.split("\n  response:\n")[1:]:
        status = int(re.search(r"\n      code: (\d+)", exchange)[1])
        lines = exchange.split("    parsed_body:\n")[1].splitlines()
        tree, _ = read_block(lines, 0, 6)
        yield status, json.dumps(tree).encode()


def read_block(lines, at, indent):
    """The mapping or list that stands at `indent`: as much YAML as these cassettes use."""
    is_list = lines[at][indent:].startswith("- ") or lines[at].strip() == "-"
    out = [] if is_list else {}
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
            continue
        if len(line) - len(line.lstrip()) < indent or line[indent] == " ":
            break
        if is_list:
            if line[indent : indent + 2] != "- ":
                break
            lines[at] = line[:indent] + "  " + line[indent + 2 :]
            value, at = read_block(lines, at, indent + 2)
            out.append(value)
            continue
        if line[indent] == "-":
            break
        key, _, rest = line[indent:].partition(":")
        out[key], at = read_value(lines, at + 1, indent, rest.strip())
    return out, at


def read_value(lines, at, indent, rest):
    if rest.startswith("|"):
        words = []
        while at < len(lines) and (
            not lines[at].strip() or lines[at].startswith(" " * (indent + 2))
        ):
            words.append(lines[at].strip())
            at += 1
        return "\n".join(words), at
    if rest == "":
        deeper = indent if lines[at].lstrip().startswith("- ") else indent + 2
        return read_block(lines, at, deeper)
    return (int(rest) if rest.isdigit() else rest.strip("'\"")), at


class Pictures:
    def __init__(self):
        self.done = []

    def begin(self, index):
        self.done.append(bytearray())

    def write(self, piece):
        self.done[-1] += piece

    def end(self, index):
        assert index == len(self.done) - 1


def read(body, seed, largest):
    rnd = random.Random(seed)
    sink = Pictures()
    splitter = Splitter(sink)
    at = 0
    while at < len(body):
        step = rnd.randint(1, largest)
        splitter.feed(body[at : at + step])
        at += step
    rest = splitter.finish()
    assert len(rest.json) < 20_000
    spool = [(len(p), hashlib.sha256(p).hexdigest()) for p in sink.done]
    return decode(rest.parse(), spool), [bytes(p) for p in sink.done]


IMAGES = [
    (
        f"{VCR}/image_basic_functionality_gemini_gemini-3_1-flash-lite-image_can_paint_images.yml",
        bodies_of_vcr,
        ("image/jpeg", 1408, 768),
        Usage(5, 0, 398, 0, 1120),
    ),
    (
        f"{VCR}/image_basic_functionality_vertexai_gemini-3_1-flash-lite-image_can_paint_images.yml",
        bodies_of_vcr,
        ("image/jpeg", 1408, 768),
        Usage(4, 0, 0, 0, 1120),
    ),
    (
        f"{RIG}/image_generation/nano_banana_image_generation_smoke.yaml",
        bodies_of_mock,
        ("image/png", 1024, 1024),
        Usage(15, 0, 0, 0, 1290),
    ),
    (
        f"{CASSETTES}/test_google_image_generation_with_text.yaml",
        bodies_of_cassette,
        ("image/jpeg", 1408, 768),
        Usage(14, 0, 163, 174, 1120),
    ),
    (
        f"{CASSETTES}/test_google_vertexai_image_generation.yaml",
        bodies_of_cassette,
        ("image/png", 1024, 1024),
        Usage(9, 0, 5, 0, 1290),
    ),
]


def present(name):
    path = ROOT / name
    if not path.exists():
        pytest.skip("not among these recordings")
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "bodies", "pixels", "usage"), IMAGES)
def test_recorded_pictures(name, bodies, pixels, usage):
    status, body = [pair for pair in bodies(present(name)) if b"candidates" in pair[1]][-1]
    assert status == 200
    answers = [read(body, seed, largest) for seed, largest in ((1, 65536), (2, 900), (3, 10**7))]
    assert answers[0] == answers[1] == answers[2]
    answer, pictures = answers[0]
    assert len(pictures) == 1
    header = inspect(io.BytesIO(pictures[0]))
    assert (header.mime, header.width, header.height) == pixels
    assert header.complete
    assert answer.final.mime == header.mime
    assert answer.final.size_bytes == len(pictures[0])
    assert (answer.finish, answer.block, answer.usage) == ("stop", None, usage)
    assert answer.response_id
    assert answer.model_version.startswith("gemini-")


def test_a_recorded_stream_chunk_by_chunk():
    name = (
        "googleapis-js-genai/test/system/recordings/Client_Tests_generateContentStream_ML_Dev_"
        "should_stream_generate_content_with_image_output.json"
    )
    response = json.loads(present(name))["interactions"][0]["response"]
    answers = [read(json.dumps(part).encode(), 1, 5000) for part in response["bodySegments"]]
    (pictures,) = [pictures for _, pictures in answers if pictures]
    header = inspect(io.BytesIO(pictures[0]))
    assert (header.mime, header.width, header.height) == ("image/png", 510, 1024)
    assert answers[-1][0].usage == Usage(15, 0, 28, 0, 1290)
    assert "Eiffel" in "".join(answer.text for answer, _ in answers)


GEMINI_KEY = "chat_error_handling_with_gemini_gemini-2_5-flash_raises_appropriate_auth_error.yml"
QUOTA = (
    "chat_real_error_scenarios_gemini_gemini-2_5-flash_handles_context_length_exceeded_errors.yml"
)
ARMOR = "test_google_model_armor_prompt_template_text_gets_blocked.yaml"
ERRORS = [
    (f"{VCR}/{GEMINI_KEY}", bodies_of_vcr, "AuthenticationError", "API_KEY_INVALID"),
    (f"{VCR}/{QUOTA}", bodies_of_vcr, "RateLimited", "RESOURCE_EXHAUSTED"),
    (
        f"{RIG}/models/list_models_rejected_key_reports_api_error_with_context.yaml",
        bodies_of_mock,
        "AuthenticationError",
        "API_KEY_INVALID",
    ),
    (
        f"{RIG}/error_envelope/nonexistent_model_error_preserves_status_and_body.yaml",
        bodies_of_mock,
        "NotFound",
        "NOT_FOUND",
    ),
    (
        f"{RIG}/cached_content_matrix/edge_below_minimum.yaml",
        bodies_of_mock,
        "BadRequest",
        "INVALID_ARGUMENT",
    ),
]


@pytest.mark.parametrize(("name", "bodies", "kind", "code"), ERRORS)
def test_recorded_errors(name, bodies, kind, code):
    status, body = next(bodies(present(name)))
    error = classify(status, body, {})
    assert (type(error).__name__, error.vendor_code) == (kind, code)
    assert outcome_of(error) == "rejected"
    assert error.message
    if kind == "RateLimited":
        assert error.retry_after_s == 48.0
        assert error.scope == "GenerateContentPaidTierInputTokensPerModelPerMinute"


@pytest.mark.parametrize(
    ("name", "status", "kind", "code"),
    [
        ("api-key", 400, "AuthenticationError", "API_KEY_INVALID"),
        ("generativelanguage-api-not-enabled", 403, "PermissionDenied", "SERVICE_DISABLED"),
        ("unknown-model", 404, "NotFound", "NOT_FOUND"),
    ],
)
def test_mock_errors(name, status, kind, code):
    error = classify(status, present(f"{FIREBASE}/unary-failure-{name}.json").encode(), {})
    assert (type(error).__name__, error.vendor_code) == (kind, code)


def test_answers_without_a_picture():
    safety = read(present(f"{FIREBASE}/unary-failure-finish-reason-safety.json").encode(), 1, 99)[0]
    assert (safety.finish, safety.final, bool(safety.ratings)) == ("safety", None, True)
    message = present(f"{FIREBASE}/unary-failure-with-message-no-content.json").encode()
    assert read(message, 1, 9)[0].message
    armor = list(bodies_of_cassette_answers(present(f"{CASSETTES}/{ARMOR}")))[-1]
    assert read(armor, 1, 50)[0].block == "model_armor"


def bodies_of_cassette_answers(text):
    return (body for _, body in bodies_of_cassette(text) if b"promptFeedback" in body)
