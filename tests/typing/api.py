"""The public names as users write them; only type-checked: mypy --strict tests/typing/api.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, assert_type

import cavendish
from cavendish import (
    Advice,
    AsyncClient,
    Attempt,
    Brief,
    Budget,
    CavendishError,
    Client,
    CostRange,
    Diagnosis,
    Estimate,
    Image,
    Infographic,
    Metric,
    Model,
    Money,
    Ref,
    Report,
    Result,
    Settings,
    Usage,
    errors,
)

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

    from cavendish.send.events import Event


def pictures(client: Client, photo: PilImage) -> Result:
    """Every argument of generate, and every field of what it gives."""
    result = client.generate(
        "a red fox in fresh snow",
        model="gemini-3-pro-image",
        size="2K",
        aspect_ratio="16:9",
        n=2,
        references=["a.png", Path("b.jpg"), b"bytes", photo, Ref("c.png", "character", 0.5)],
        style_references=[Path("d.png"), Ref(photo, weight=0.3)],
        split_references=True,
        text=True,
        temperature=0.7,
        seed=7,
        thinking="high",
        timeout_s=60,
        retries=1,
        channel="gemini",
        require=["real"],
        budget="0.50",
        project="web",
        tags={"team": "x"},
        cache=False,
        may_pay_twice=0,
        output=Path("out"),
        title="fox",
    )
    assert_type(result, Result)
    assert_type(result.pictures, tuple[Image, ...])
    assert_type(result.errors, tuple[CavendishError, ...])
    assert_type(result.cost, Money)
    assert_type(result.warnings, tuple[str, ...])
    again = client.generate("now in summer", references=result.pictures, budget=Money.parse("1"))
    return again if again.cost <= result.cost else result


def picture(image: Image) -> Path:
    """What one picture is."""
    assert_type(image.bytes, bytes)
    assert_type((image.width, image.height), tuple[int, int])
    assert_type(image.cost, Money)
    assert_type(image.usage, Usage | None)
    assert_type(image.attempts, tuple[Attempt, ...])
    assert_type(image.text, str | None)
    assert_type(image.path, Path | None)
    assert_type(image.pil.size, tuple[int, int])
    image.save("fox.png")
    return image.save(Path("fox.webp"), format="webp")


def infographics(client: Client) -> Infographic:
    """From a file, from plain data, and from a brief."""
    client.infographic("data.json", output="out", budget=1, tags={"a": "b"})
    client.infographic({"title": "Q4", "metrics": {"Sales": "4.80"}}, size="1K")
    made = client.infographic(Brief("Q4", (Metric("Sales", "4.80"),)), aspect_ratio="1:1", n=2)
    assert_type(made.verified, bool | None)
    assert_type(made.image, Image)
    assert_type(made.brief.metrics, tuple[Metric, ...])
    return made


def money(client: Client) -> Money:
    """Before, after, and limits."""
    estimate = client.estimate("a fox", n=3, size="4K", references=[Path("a.png")])
    assert_type(estimate, Estimate)
    assert_type(estimate.cost, CostRange)
    assert_type(estimate.cost.parts["text"], CostRange)
    assert_type(client.estimate("a fox", prices="guide").one, CostRange)
    advice = client.advise("print-a4", model="nano-banana-pro", print_width_mm=180, dpi=240, n=5)
    assert_type(advice, Advice)
    assert_type(advice.saving, Money)
    assert_type(client.estimate_infographic("data.json", model="nano-banana-2.1"), Estimate)
    assert_type(client.budgets.set("day", "25"), Budget)
    assert_type(client.budgets.list(), tuple[Budget, ...])
    report = client.report("model")
    assert_type(report, Report)
    return report.total("real") + estimate.cost.high


def catalogue(client: Client) -> Model:
    """The models."""
    assert_type(client.models.list(), tuple[Model, ...])
    assert_type(client.models.resolve("gemini-3-pro-image-preview").notice, str | None)
    return client.models.show("nano-banana-pro")


def heard(event: Event) -> None:
    """A listener."""
    print(event)


def whole(settings: Settings) -> str:
    """In a script."""
    with Client(settings, hooks=[heard]) as client:
        try:
            return client.generate("a fox").image.sha256
        except errors.BudgetExceeded as error:
            assert_type(error.scope, str | None)
            return error.next_step
        except CavendishError as error:
            assert_type(error.billed, bool | None)
            return error.message
        finally:
            client.drain()


async def asynchronous() -> Money:
    """The same, awaited."""
    async with AsyncClient(Settings.load(), hooks=[heard]) as client:
        result = await client.generate("a fox", size="1K")
        assert_type(result, Result)
        assert_type(await client.infographic({}, cache=False), Infographic)
        assert_type(await client.estimate("a fox"), Estimate)
        assert_type(await client.budgets.set("day", 25), Budget)
        assert_type(await client.report(), Report)
        return result.cost


def refused(client: Client) -> None:
    """What a type checker refuses."""
    client.generate()  # type: ignore[call-arg]
    client.generate("a", "b")  # type: ignore[call-arg]
    client.generate("a", sise="1K")  # type: ignore[call-arg]
    client.generate("a", budget=0.5)  # type: ignore[arg-type]
    client.infographic({}, sise="1K")  # type: ignore[call-arg]
    client.estimate("a", cache=False)  # type: ignore[call-arg]
    Money(0).nanos = 1  # type: ignore[misc]


VERSION: str = cavendish.__version__


async def doctors(client: Client, other: AsyncClient) -> bool:
    """What the doctor finds."""
    assert_type(client.doctor(), Diagnosis)
    found = assert_type(await other.doctor(), Diagnosis)
    assert_type(found.checks[0].next_step, str)
    assert_type(found.ways[0].lacks, tuple[str, ...])
    return found.well


def chats(client: Client) -> None:
    """A chat, and the chats of a home."""
    chat = client.chat()
    made = chat.send(
        "a fox", size="1K", references=[b""], flatten=False, budget="1", output="x.png"
    )
    assert_type(made, Result)
    assert_type(chat.estimate("a hat", tier="flex"), Estimate)
    assert_type(chat.id, str)
    assert_type([turn.prompt for turn in chat.turns], list[str])
    assert_type(chat.undo().cost, Money)
    assert_type(client.chats.show(chat.id).cost, Money)
    assert_type(client.chats.export_to(chat.id, "x.chat"), Path)


async def chat_in_a_loop(client: AsyncClient) -> None:
    """The same, to be awaited."""
    assert_type(await client.chat("0123abcd").send("a hat"), Result)
