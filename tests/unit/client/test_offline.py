"""The client end to end on the offline channel: nothing set, no network, simulated money."""

from __future__ import annotations

import asyncio
import dataclasses
import logging

import pytest
from PIL import Image as Pil

import cavendish
from cavendish import AsyncClient, Client, Money
from cavendish.client.channels.access import OFFLINE_NOTICE
from cavendish.core.errors import BudgetExceeded, InvalidRequest
from cavendish.send.events import AttemptEnded, AttemptStarted, Cached, Notice, Ordered


@pytest.fixture
def client(settings):
    with Client(settings) as client:
        yield client


def test_a_picture(client):
    result = client.generate("a red fox", size="1K", aspect_ratio="16:9")
    image = result.image
    assert (image.width, image.height) == image.pil.size == (1376, 768)
    assert (image.offline, image.cached, image.channel) == (True, False, "offline")
    assert (result.realm, result.pictures, result.errors) == ("simulated", (image,), ())
    assert result.cost == image.cost > Money.parse("0.1344")
    assert "simulated money" in result.warnings[0]
    assert image.path is None
    assert image.original_path.read_bytes() == image.bytes
    assert [a.outcome for a in image.attempts] == ["executed"]
    assert image.request_id
    assert image.usage.output_image == 1120
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.realm = "real"


def test_the_same_again_is_found_for_nothing(client):
    first = client.generate("a red fox", size="1K").image
    again = client.generate("a red fox", size="1K")
    assert again.image.sha256 == first.sha256
    assert (again.cost, again.image.cached, again.image.attempts) == (Money(0), True, ())
    anew = client.generate("a red fox", size="1K", cache=False)
    assert not anew.image.cached
    assert anew.cost > Money(0)
    third = client.generate("a red fox", size="1K", cache=False)
    assert third.image.original_path != anew.image.original_path


def test_several_are_different_and_each_is_found_again(client):
    two = client.generate("a red fox", size="1K", n=2)
    assert len({image.sha256 for image in two.pictures}) == 2
    assert two.cost == Money.total(image.cost for image in two.pictures)
    three = client.generate("a red fox", size="1K", n=3)
    assert [image.cached for image in three.pictures] == [True, True, False]
    assert [image.sha256 for image in three.pictures[:2]] == [i.sha256 for i in two.pictures]


def test_references_and_words(client, png):
    told = client.generate(
        "a fox like this", size="1K", text=True, references=[png, Pil.new("RGB", (4, 4))]
    ).image
    assert told.text
    assert told.usage.input_image > 0
    edited = client.generate("now in winter", size="1K", references=[told]).image
    assert edited.sha256 != told.sha256
    assert edited.text is None


def test_files_are_what_was_named(client, folder):
    image = client.generate("a fox", size="1K", output="fox.png").image
    assert (str(image.path), image.mime, image.original_mime) == (
        "fox.png", "image/png", "image/jpeg",
    )  # fmt: skip
    assert (folder / "fox.png").read_bytes().startswith(b"\x89PNG")
    assert image.bytes.startswith(b"\xff\xd8\xff")
    two = client.generate("a fox", size="1K", n=2, output="many.webp")
    assert [p.path.name for p in two.pictures] == ["many.webp", "many-2.webp"]
    assert (folder / "many-2.webp").read_bytes()[:4] == b"RIFF"


def test_in_a_folder_the_same_request_finds_the_same_draft(client, folder):
    first = client.generate("A fox!", size="1K", output="out").image
    again = client.generate("A fox!", size="1K", output="out").image
    other = client.generate("A fox!", size="1K", output="out", n=2).pictures[1]
    assert first.path == again.path != other.path
    assert first.path.name.startswith("a-fox-")
    assert first.path.name.endswith(".draft.jpg")
    assert len(list((folder / "out").iterdir())) == 2
    assert first.path.read_bytes() == first.bytes


def test_an_infographic(client, folder):
    data = {"title": "Q4", "metrics": {"Sales": "4.80"}}
    made = client.infographic(data, size="1K", output="out")
    assert (made.image.width, made.image.height) == (768, 1376)
    assert made.verified is None
    assert made.brief.title == "Q4"
    assert made.cost == made.image.cost > Money(0)
    assert made.warnings
    assert made.generation_time_s > 0
    assert made.image.path.name.startswith("q4-")
    again = client.infographic({"metrics": {"Sales": "4.80"}, "title": "Q4"}, size="1K")
    assert again.image.cached
    assert not client.infographic({**data, "title": "Q5"}, size="1K").image.cached
    brief = cavendish.Brief("Q4", (cavendish.Metric("Sales", "4.80"),))
    assert client.infographic(brief, size="1K").image.cached


def test_estimates_open_and_send_nothing(client, settings, png):
    found = client.estimate("a fox", n=3, references=[png])
    assert (found.channel, found.realm, found.n) == ("offline", "simulated", 3)
    assert found.cost.low <= found.cost.expected <= found.cost.high
    assert found.notes == ("size 2K: it costs what 1K costs on Nano Banana Pro",)
    graphic = client.estimate_infographic({"title": "Q4"}, aspect_ratio="1:1")
    assert graphic.intake.request.aspect_ratio == "1:1"
    assert 'titled "Q4"' in graphic.intake.request.prompt
    assert not settings.home.exists()


def test_the_bill_lies_within_the_estimate(client):
    for text in (False, True):
        cost = client.estimate("a fox", size="1K", text=text).cost
        assert cost.low <= client.generate("a fox", size="1K", text=text).cost <= cost.high


def test_a_report_adds_up(client):
    spent = client.generate("a", size="1K", n=2, tags={"team": "x"}, project="p").cost
    client.generate("a", size="1K", project="p")
    for by in ("day", "model", "channel", "project", "tag"):
        report = client.report(by)
        assert report.by == by
        assert report.total("simulated") == spent
        assert report.total("real") == Money(0)
        assert sum(line.pictures for line in report.lines) == 2
    assert [line.group for line in client.report("project").lines] == ["p"]
    assert [line.group for line in client.report("tag").lines] == ["team=x"]


@pytest.mark.parametrize("by", ["week", ""])
def test_another_grouping_is_refused_before_anything_is_opened(client, settings, by):
    with pytest.raises(InvalidRequest, match="by: there is no grouping") as caught:
        client.report(by)
    assert "day, model, channel, project, tag" in caught.value.next_step
    assert not settings.home.exists()


def test_budgets(client):
    (day,) = client.budgets.list()
    assert (day.scope, day.limit, day.spent, day.held) == (
        "day", Money.parse("10"), Money(0), Money(0),
    )  # fmt: skip
    assert client.budgets.set("project:p", "0.50").limit == Money.parse("0.5")
    assert client.budgets.set("day", 25).limit == Money.parse("25")
    client.budgets.set("tag:team=x", Money(1))
    client.budgets.set("month", "100")
    scopes = [budget.scope for budget in client.budgets.list()]
    assert scopes == ["day", "month", "project:p", "tag:team=x"]


@pytest.mark.parametrize("scope", ["week", "", "day:x", "project:", "tag:x", "tag:=x", "run:1"])
def test_another_scope_is_refused_before_anything_is_opened(client, settings, scope):
    with pytest.raises(InvalidRequest, match=r"scope: .* is not a budget's scope") as caught:
        client.budgets.set(scope, 1)
    assert "project:NAME" in caught.value.next_step
    assert not settings.home.exists()


def test_a_run_budget_binds_drafts_too_and_says_what_would_do(client):
    with pytest.raises(BudgetExceeded) as caught:
        client.generate("a fox", size="1K", budget="0.01")
    assert (caught.value.exit_code, caught.value.billed) == (3, False)
    assert "this run's budget is $0.01" in caught.value.message
    enough = caught.value.next_step.removeprefix("--budget ")
    assert client.generate("a fox", size="1K", budget=enough).pictures
    assert client.report().total("simulated") <= Money.parse(enough)


def test_limits_on_real_money_do_not_bind_simulated_money(client):
    client.budgets.set("day", 0)
    client.budgets.set("project:default", 0)
    assert client.generate("a fox", size="1K").cost > Money(0)
    assert {budget.spent for budget in client.budgets.list()} == {Money(0)}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"n": 0}, "n"), ({"n": 101}, "n"), ({"n": 1.5}, "n"), ({"n": "2"}, "n"),
        ({"n": True}, "n"),
        ({"timeout_s": 0}, "timeout_s"), ({"timeout_s": 4000}, "timeout_s"),
        ({"timeout_s": float("nan")}, "timeout_s"), ({"timeout_s": "9"}, "timeout_s"),
        ({"retries": -1}, "retries"), ({"retries": 1.5}, "retries"), ({"retries": "1"}, "retries"),
        ({"may_pay_twice": -1}, "may_pay_twice"), ({"budget": 0.5}, "budget"),
        ({"budget": "-1"}, "budget"), ({"output": "x.gif"}, "output"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named_and_nothing_is_opened(client, settings, said, field):
    with pytest.raises(InvalidRequest, match=f"^{field}: ") as caught:
        client.generate("a fox", **said)
    assert caught.value.field == field
    assert not settings.home.exists()


def test_settings_are_the_defaults_of_calls(settings):
    chosen = dataclasses.replace(settings, model="nano-banana-2.1", project="mine", retries=0)
    with Client(chosen) as client:
        assert client.generate("a fox").image.model == "gemini-nano-banana-2.1"
        assert client.generate("a fox", model="nano-banana-pro", size="1K").image.model.startswith(
            "gemini-3-pro"
        )
        assert [line.group for line in client.report("project").lines] == ["mine"]
    wrong = dataclasses.replace(settings, timeout_s=-1)
    with Client(wrong) as client, pytest.raises(InvalidRequest, match="timeout_s: -1"):
        client.generate("a fox")


def test_listeners_hear_what_happens_and_do_not_disturb(settings, caplog):
    heard = []

    def broken(event):
        raise RuntimeError("a listener's own problem")

    with Client(settings, hooks=[broken, heard.append]) as client:
        client.generate("a fox", size="1K")
        client.generate("a fox", size="1K")
    notices = [event for event in heard if isinstance(event, Notice)]
    assert [event.pictures for event in heard if isinstance(event, Ordered)] == [1, 1]
    heard = [event for event in heard if not isinstance(event, Notice | Ordered)]
    assert [event.text for event in notices] == [OFFLINE_NOTICE] * 2
    assert [type(event) for event in heard] == [AttemptStarted, AttemptEnded, Cached]
    assert heard[0].attempt == heard[1].attempt
    assert (heard[1].outcome, heard[1].error) == ("executed", None)
    assert heard[0].reserved >= heard[1].cost > Money(0)
    assert caplog.record_tuples[0][:2] == ("cavendish.send.events", logging.ERROR)


def test_a_running_emulator_is_used(settings, tmp_path):
    from cavendish.catalog.loader import MODEL_FACTS
    from cavendish_emulator import Emulator

    with Emulator(catalog=MODEL_FACTS, port=0) as emulator:
        there = dataclasses.replace(settings, offline_url=emulator.url)
        with Client(there) as client:
            image = client.generate("a fox", size="1K").image
    assert (image.offline, image.channel) == (True, "offline")


def test_the_asynchronous_client_is_the_same(settings):
    async def draw():
        async with AsyncClient(settings) as client:
            one, two = await asyncio.gather(
                client.generate("a fox", size="1K"), client.generate("a fox", size="1K")
            )
            await client.budgets.set("month", 5)
            return one, two, await client.report(), await client.budgets.list()

    one, two, report, budgets = asyncio.run(draw())
    assert one.image.sha256 == two.image.sha256
    assert report.total("simulated") == one.cost + two.cost
    assert {one.image.cached, two.image.cached} == {True, False}
    assert len(budgets) == 2


def test_the_catalogue(client):
    models = client.models.list()
    assert models[0].id == "gemini-3-pro-image"
    assert client.models.show("nano-banana-pro") is models[0]
