"""Every named fault, how it is matched, and what it costs."""

import http.client
import time

import pytest

from cavendish_emulator import Emulator
from cavendish_emulator.faults import NAMED, FaultBoard, FaultError

PRO = "gemini-3-pro-image"
PATH = f"/v1beta/models/{PRO}:generateContent"
BODY = {"contents": [{"parts": [{"text": "a cat"}]}]}


def arm(client, *faults):
    status, body = client("POST", "/_emulator/faults", list(faults))
    assert status == 200, body
    return body["armed"]


def executions(client):
    return len(client("GET", "/_emulator/bill")[1]["executions"])


def test_rate_limited(client):
    arm(client, {"fault": "rate_limited", "args": {"retry_delay_s": 34.4}})
    status, headers, _ = client.raw("POST", PATH, BODY)
    assert status == 429
    assert "Retry-After" not in headers
    assert client.generate()[0] == 200
    arm(client, {"fault": "rate_limited"})
    _, body = client.generate()
    assert body["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert body["error"]["message"].endswith("Please retry in 1.000000000s.")
    kinds = {d["@type"].rsplit(".", 1)[1]: d for d in body["error"]["details"]}
    assert kinds["RetryInfo"]["retryDelay"] == "1s"
    (violation,) = kinds["QuotaFailure"]["violations"]
    assert violation["quotaDimensions"]["model"] == PRO
    assert executions(client) == 1


def test_overloaded(client):
    arm(client, {"fault": "overloaded"})
    status, body = client.generate()
    assert (status, body["error"]["status"]) == (503, "UNAVAILABLE")
    assert "details" not in body["error"]
    assert executions(client) == 0


def test_slow_answers_late_but_answers(client):
    arm(client, {"fault": "slow", "args": {"seconds": 0.3}})
    started = time.monotonic()
    assert client.generate()[0] == 200
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("args", [{}, {"fraction": 0.1}, {"bytes": 1000}, {"bytes": 0}])
def test_cut_closes_in_the_middle(client, args):
    arm(client, {"fault": "cut", "args": args})
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.raw("POST", PATH, BODY)
    if "bytes" in args:
        assert len(caught.value.partial) == args["bytes"]
    else:
        assert caught.value.partial.startswith(b'{\n  "candidates"')
    assert executions(client) == 1


def test_reset_after_execution_sends_nothing_and_bills(client):
    arm(client, {"fault": "reset_after_execution"})
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        client.raw("POST", PATH, BODY)
    assert executions(client) == 1


def test_blocked_prompt(client):
    arm(client, {"fault": "blocked", "args": {"reason": "PROHIBITED_CONTENT"}})
    status, body = client.generate()
    assert status == 200
    assert "candidates" not in body
    assert body["promptFeedback"] == {"blockReason": "PROHIBITED_CONTENT"}
    usage = body["usageMetadata"]
    assert "candidatesTokenCount" not in usage
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["thoughtsTokenCount"]
    (entry,) = client("GET", "/_emulator/bill")[1]["executions"]
    assert entry["usd"].startswith("0.00")


def test_blocked_picture(client):
    arm(client, {"fault": "blocked", "args": {"finish_reason": "IMAGE_SAFETY"}})
    _, body = client.generate()
    (candidate,) = body["candidates"]
    assert candidate["finishReason"] == "IMAGE_SAFETY"
    assert candidate["finishMessage"].startswith("Unable to show the generated image.")
    assert candidate["content"] == {"role": "model"}


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({}, [1]),
        ({"n": 2}, [2]),
        ({"model": PRO}, [1]),
        ({"model": "gemini-nano-banana-2.1"}, [3]),
        ({"path": PATH}, [1]),
        ({"prompt": "dog"}, [2]),
        ({"prompt": "dog", "n": 1}, []),
    ],
)
def test_matching(client, match, hit):
    arm(client, {"fault": "overloaded", "match": match})
    calls = [("a cat", PRO), ("a dog", PRO), ("a cow", "gemini-nano-banana-2.1")]
    statuses = [client.generate(text, model)[0] for text, model in calls]
    assert [i for i, status in enumerate(statuses, 1) if status == 503] == hit


@pytest.mark.parametrize(("times", "failed"), [(1, 1), (2, 2), (0, 3), (None, 3)])
def test_times(client, times, failed):
    armed = arm(client, {"fault": "overloaded", "times": times})
    assert armed[0]["times"] == (times or None)
    assert [client.generate()[0] for _ in range(3)].count(503) == failed


def test_a_single_object_is_armed_and_reset_disarms(client):
    assert client("POST", "/_emulator/faults", {"fault": "overloaded", "times": 0})[0] == 200
    client("POST", "/_emulator/reset")
    assert client.generate()[0] == 200


def test_the_list_of_faults(client):
    _, body = client("GET", "/_emulator/faults")
    assert [f["name"] for f in body["faults"]] == list(NAMED)
    assert all(set(f) == {"name", "description", "args"} for f in body["faults"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([{"fault": "nope"}], "unknown fault 'nope'"),
        ([{"fault": "cut", "when": 1}], "unknown key 'when'"),
        ([{"fault": "cut", "match": {"day": 1}}], "unknown match key 'day'"),
        ([{"fault": "cut", "match": {"n": "1"}}], "match.n is a whole number"),
        ([{"fault": "cut", "match": []}, 3], "a fault is an object"),
        ([{"fault": "cut", "args": {"size": 1}}], "unknown argument 'size' of cut"),
        ([{"fault": "slow", "args": {"seconds": -1}}], "non-negative number"),
        ([{"fault": "cut", "times": -1}], "times is a whole number"),
        (b"{", "the body is not JSON"),
    ],
)
def test_a_wrong_fault_is_refused_whole(client, given, said):
    status, body = client("POST", "/_emulator/faults", given)
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert said in body["error"]["message"]
    assert client.generate()[0] == 200


def test_nothing_is_armed_if_one_is_wrong():
    board = FaultBoard(NAMED)
    with pytest.raises(FaultError):
        board.arm([{"fault": "cut"}, {"fault": "nope"}])
    assert board.armed == []


def test_faults_given_at_the_start(catalog):
    with Emulator(catalog=catalog, faults=[{"fault": "overloaded"}]) as emulator:
        connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
        connection.request("POST", PATH, '{"contents":[{"parts":[{"text":"x"}]}]}')
        assert connection.getresponse().status == 503
        connection.close()
    with pytest.raises(FaultError):
        Emulator(catalog=catalog, faults=[{"fault": "nope"}]).start()
