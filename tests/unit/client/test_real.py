"""The Gemini channel, with a loopback server in the provider's place: real money to the journal."""

from __future__ import annotations

import base64
import json
import sqlite3
from dataclasses import replace

import pytest

from cavendish import Client, Money
from cavendish.client.settings import Settings
from cavendish.core import errors
from unit.client.upstream import (
    CANARY,
    REJECTED_KEY,
    USAGE_USD,
    Reply,
    answer,
    as_asked,
    picture,
    pixels,
    refusal,
)

ONE = Money.parse(USAGE_USD)


@pytest.fixture
def client(upstream):
    with Client() as client:
        yield client


def spent(client):
    """What the report says of real money, and what is still held."""
    report = client.report()
    return report.total("real"), Money.total(line.held for line in report.lines)


def test_what_is_sent(client, upstream, png):
    client.generate(
        "a fox", size="1K", aspect_ratio="4:5", references=[png], seed=7, temperature=0.5
    )
    ((path, headers, body),) = upstream.requests
    assert path == "/v1beta/models/gemini-3-pro-image:generateContent"
    assert headers["x-goog-api-key"] == CANARY
    assert headers["Accept-Encoding"] == "identity"
    assert int(headers["X-Server-Timeout"]) == 175
    text, reference = body["contents"][0]["parts"]
    assert text == {"text": "a fox"}
    assert base64.b64decode(reference["inlineData"]["data"]) == png.read_bytes()
    assert body["generationConfig"] == {
        "responseModalities": ["IMAGE"],
        "imageConfig": {"aspectRatio": "4:5", "imageSize": "1K"},
        "temperature": 0.5,
        "seed": 7,
    }
    assert CANARY not in path + json.dumps(body)


def test_a_real_picture_costs_what_the_service_counted(client, upstream):
    result = client.generate("a fox", size="1K")
    assert (result.realm, result.image.offline, result.warnings) == ("real", False, ())
    assert result.cost == ONE
    assert spent(client) == (ONE, Money(0))
    assert client.generate("a fox", size="1K").image.cached
    assert len(upstream.requests) == 1
    (day,) = client.budgets.list()
    assert (day.spent, day.held) == (ONE, Money(0))


def test_drafts_and_real_pictures_share_nothing(client, upstream, folder):
    draft = client.generate("a fox", size="1K", channel="offline", output="out").image
    real = client.generate("a fox", size="1K", output="out").image
    assert not real.cached
    assert len(upstream.requests) == 1
    assert draft.path != real.path
    assert (".draft." in draft.path.name, ".draft." in real.path.name) == (True, False)
    assert draft.path.stem.partition(".")[0] != real.path.stem
    again = client.generate("a fox", size="1K", channel="offline").image
    assert (again.cached, again.offline, again.sha256) == (True, True, draft.sha256)
    assert client.report().total("real") == ONE
    assert client.report().total("simulated") == draft.cost


def test_the_day_binds_real_money_before_anything_is_sent(client, upstream):
    client.budgets.set("day", "0.20")
    client.generate("a fox", size="1K")
    with pytest.raises(errors.BudgetExceeded) as caught:
        client.generate("another fox", size="1K")
    assert caught.value.scope == "day"
    assert caught.value.message.startswith("budget day is $0.20: $0.1378 spent")
    assert len(upstream.requests) == 1
    assert caught.value.next_step == "cavendish budget set day 0.3"
    client.budgets.set(*caught.value.next_step.split()[-2:])
    assert client.generate("another fox", size="1K").cost == ONE


@pytest.mark.parametrize(("scope", "said"), [
    ("project:p", {"project": "p"}), ("tag:team=x", {"tags": {"team": "x"}}), ("month", {}),
])  # fmt: skip
def test_every_scope_binds(client, upstream, scope, said):
    client.budgets.set(scope, "0.01")
    with pytest.raises(errors.BudgetExceeded) as caught:
        client.generate("a fox", size="1K", **said)
    assert caught.value.scope == scope
    assert upstream.requests == []
    if said:
        assert client.generate("a fox", size="1K").cost == ONE


def test_a_rejected_key(client, upstream, tmp_path):
    upstream.always(REJECTED_KEY)
    with pytest.raises(errors.AuthenticationError) as caught:
        client.generate("a fox", size="1K")
    assert (caught.value.http_status, caught.value.billed) == (400, False)
    assert caught.value.next_step
    assert len(upstream.requests) == 1
    assert spent(client) == (Money(0), Money(0))


def test_what_costs_nothing_is_asked_again(upstream):
    busy = refusal(503, "UNAVAILABLE", "This model is currently experiencing high demand.")
    upstream.script = lambda number, *asked: busy if number == 1 else as_asked(number, *asked)
    with Client(replace(Settings.load(), wait_server_s=0.1)) as client:
        image = client.generate("a fox", size="1K").image
        assert [a.outcome for a in image.attempts] == ["rejected", "executed"]
        assert 0.1 <= image.attempts[1].wait_s <= 0.15
        assert spent(client) == (ONE, Money(0))


def test_no_retries_means_none(client, upstream):
    upstream.always(refusal(503, "UNAVAILABLE", "busy"))
    with pytest.raises(errors.Overloaded) as caught:
        client.generate("a fox", size="1K", retries=0)
    assert len(upstream.requests) == 1
    assert len(caught.value.to_json()["attempts"]) == 1


def test_an_answer_that_is_lost_is_not_bought_again_by_itself(client, upstream):
    """T43."""
    upstream.always(Reply(None))
    with pytest.raises(errors.ConnectionFailed) as caught:
        client.generate("a fox", size="1K")
    assert caught.value.billed is None
    assert len(upstream.requests) == 1
    total, held = spent(client)
    assert (total, held) == (Money(0), client.estimate("a fox", size="1K").cost.high)
    upstream.script = as_asked
    again = client.generate("a fox", size="1K")  # who asks again has decided, and is told
    assert "may have been billed" in again.image.warnings[0]
    assert again.cost == ONE


def test_who_allows_it_pays_twice(client, upstream):
    """T43."""
    upstream.script = lambda number, *a: Reply(None) if number == 1 else as_asked(number, *a)
    image = client.generate("a fox", size="1K", may_pay_twice=1).image
    assert [a.outcome for a in image.attempts] == ["unknown", "executed"]


def test_no_network(client, monkeypatch):
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:9")
    with Client() as alone, pytest.raises(errors.ConnectionFailed) as caught:
        alone.generate("a fox", size="1K", retries=0)
    assert caught.value.billed is False
    assert "127.0.0.1" in caught.value.message
    assert "network" in caught.value.next_step
    assert spent(client) == (Money(0), Money(0))


def test_a_picture_that_was_not_asked_for_is_kept_and_marked(client, upstream, folder):
    """T25."""
    upstream.always(picture(pixels(1024, 1024)))
    with pytest.raises(errors.ContractViolation) as caught:
        client.generate("a fox", size="2K", output="fox.png")
    error = caught.value
    assert (error.exit_code, error.billed) == (4, True)
    assert error.details["path"] == "fox.png"
    assert (folder / "fox.png").read_bytes().startswith(b"\x89PNG")
    assert error.details["findings"] == [
        {"kind": "size", "asked": "2K (2048x2048)", "got": "1K (1024x1024)"}
    ]
    assert error.to_json()["cost_usd"] == USAGE_USD
    assert len(error.to_json()["attempts"]) == 1
    assert spent(client)[0] == ONE
    with pytest.raises(errors.ContractViolation) as caught:  # who asks again is told, and pays not
        client.generate("a fox", size="2K", output="again.jpg")
    assert (folder / "again.jpg").read_bytes() == pixels(1024, 1024)
    assert len(upstream.requests) == 1
    assert spent(client)[0] == ONE
    assert caught.value.to_json()["billed"] is False
    assert caught.value.to_json()["cost_usd"] in {None, "0"}


def test_of_several_that_all_fail_the_whole_cost_is_told(client, upstream, folder):
    upstream.script = lambda number, *_: picture(pixels(1024, 1024, number))
    with pytest.raises(errors.ContractViolation) as caught:
        client.generate("a fox", size="2K", output="fox.jpg", n=2)
    assert Money.parse(caught.value.to_json()["cost_usd"]) == ONE + ONE == spent(client)[0]
    assert sorted(p.name for p in folder.iterdir()) == ["fox-2.jpg", "fox.jpg"]


def test_a_picture_that_breaks_off_is_a_violation_even_where_it_cannot_be_converted(
    client, upstream, folder
):
    upstream.always(picture(pixels(1024, 1024)[:-2000]))
    with pytest.raises(errors.ContractViolation) as caught:
        client.generate("a fox", size="1K", output="fox.png")
    kept = caught.value.details["path"]
    with open(kept, "rb") as file:
        assert file.read() == pixels(1024, 1024)[:-2000]
    assert spent(client)[0] == ONE


def test_of_several_one_may_fail(client, upstream, folder):
    wrong = picture(pixels(512, 512))
    upstream.script = lambda number, *a: wrong if number == 2 else as_asked(number, *a)
    result = client.generate("a fox", size="1K", n=3, output="fox.jpg")
    assert (len(result.pictures), len(result.errors)) == (2, 1)
    assert result.cost == Money(3 * ONE.nanos) == spent(client)[0]
    document = result.to_json()
    assert sum("error" in one for one in document["pictures"]) == 1
    assert len(list(folder.iterdir())) == 3


def test_words_instead_of_a_picture_are_shown_and_paid(client, upstream):
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 20, "totalTokenCount": 25}
    upstream.always(answer([{"text": "I would rather not."}], usage=usage))
    with pytest.raises(errors.NoImage, match="I would rather not") as caught:
        client.generate("a fox", size="1K")
    assert caught.value.billed is True
    assert (
        Money.parse(caught.value.details["cost_usd"]) == spent(client)[0] == Money.parse("0.00025")
    )


def test_a_blocked_prompt(client, upstream):
    body = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 5}}
    upstream.always(Reply(body=json.dumps(body).encode()))
    with pytest.raises(errors.Blocked, match="the prompt: ") as caught:
        client.generate("a fox", size="1K")
    assert caught.value.category == "safety"


def test_a_place_that_goes_away_meanwhile_costs_no_picture(upstream, folder):
    def vanish(event):
        if type(event).__name__ == "AttemptEnded":
            (folder / "out").rmdir()
            (folder / "out").write_text("a file now")

    with Client(hooks=[vanish]) as client:
        with pytest.raises(errors.StorageError) as caught:
            client.generate("a fox", size="1K", output="out")
        document = caught.value.to_json()
        assert (document["billed"], document["cost_usd"]) == (True, USAGE_USD)
        with open(document["path"], "rb") as file:
            assert file.read(3) == b"\xff\xd8\xff"
        assert document["path"] in document["next_step"]
        assert client.generate("a fox", size="1K", output="fox.jpg").cost == Money(0)
    assert len(upstream.requests) == 1


def test_the_key_is_nowhere_in_the_home(client, upstream, tmp_path):
    client.generate("a fox", size="1K")
    for reply in (REJECTED_KEY, refusal(403, "PERMISSION_DENIED", f"api_key:{CANARY} suspended")):
        upstream.always(reply)
        with pytest.raises(errors.CavendishError) as caught:
            client.generate("another", size="1K", retries=0)
        assert CANARY not in f"{caught.value!r} {caught.value.to_json()}"
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert any(path.name == "journal.db" for path in files)
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]
    notes = sqlite3.connect(tmp_path / "home" / "journal.db")
    try:
        assert notes.execute("select count(*) from attempts").fetchone() == (3,)
    finally:
        notes.close()
