"""What was said in a chat before, as it goes along with the next turn: replayed, or flattened.

Replayed, every earlier turn is sent again, the service's own byte for byte. Flattened, the last
picture goes along as a reference and what was asked for so far as words: so a chat goes on where
its turns mean nothing, on another channel or with another model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cavendish.catalog import presets
from cavendish.channels.packing import WAYS_OUT, ways_out
from cavendish.client.calls.call import Call
from cavendish.client.calls.intake import BYTES_PER_TOKEN
from cavendish.client.channels.access import Access
from cavendish.client.references.ref import ReferenceLike
from cavendish.core.conversation import Exchange
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import ChannelFacts
from cavendish.core.request import ModelTurn, Reference, Role, Turn, UserTurn
from cavendish.store.blobs import Blobs
from cavendish.wire.dialect import carried, dialect
from cavendish.wire.gemini.turn import held


@dataclass(frozen=True, slots=True)
class Past:
    """What goes before a turn: `history` as turns, or `picture` and words where it is `fresh`.

    `prompt` is what is sent in the place of what was said; `size_bytes` is what the history takes
    in a request.
    """

    prompt: str
    history: tuple[Turn, ...] = ()
    picture: Path | None = None
    fresh: bool = False
    warnings: tuple[str, ...] = ()
    size_bytes: int = 0

    def references(self, given: Sequence[ReferenceLike]) -> tuple[ReferenceLike, ...]:
        """The last picture, where it goes along as one, before those that were given."""
        return tuple(given) if self.picture is None else (self.picture, *given)

    def before(self, call: Call) -> Call:
        """The call with this past, its answer kept where a chat can go on from it.

        Raises: InvalidRequest when the model or the channel does not take that much.
        """
        facts, model = call.access.facts, call.intake.model
        kept_for = facts.name if replays(facts) else ""
        request = replace(call.intake.request, history=self.history, kept_for=kept_for)
        if self.history:
            pictures = len(request.shown)
            if pictures > model.references:
                raise _too_much(
                    f"with the turns before it this one shows {pictures} pictures; "
                    f"{model.id} takes {model.references}"
                )
            each = presets.sheet(model, facts.surface).reference_tokens.expected
            tokens = request.text_bytes // BYTES_PER_TOKEN + pictures * each
            if tokens > model.input_tokens:
                raise _too_much(
                    f"with the turns before it this one is about {tokens:,} tokens; "
                    f"{model.id} takes {model.input_tokens:,}"
                )
        (route, *_), *_ = call.routes
        return replace(
            call,
            intakes=(replace(call.intake, request=request),),
            routes=((replace(route, request=request),),),
            advice=(*call.advice, *self.warnings),
        )


def replays(facts: ChannelFacts) -> bool:
    """Whether a channel can be sent earlier turns, and its answers kept as such."""
    return "history" in carried(facts) and dialect(facts.dialect).kept is not None


def past(
    prompt: str,
    turns: Sequence[Exchange],
    access: Access,
    blobs: Blobs,
    *,
    flatten: bool,
) -> Past:
    """What goes before `prompt` on that channel. Blocks on the disk.

    Raises: InvalidRequest for what does not fit, StorageError where a stored file is gone.
    """
    if not turns:
        return Past(prompt, fresh=True)
    begins = _beginning(turns)
    why = None
    if not replays(access.facts):
        why = f"{access.facts.title} cannot be sent earlier turns"
    elif any(turn.answer is None for turn in turns[begins:]):
        why = "an earlier answer could not be kept as a turn"
    if flatten or why is not None:
        said = "the last picture goes along, and what was asked for so far is said in words"
        warning = f"{why}: {said}" if why else f"the chat is flattened: {said}"
        return Past(
            flattened(prompt, turns),
            picture=blobs.verified(turns[-1].picture),
            fresh=True,
            warnings=(f"{warning}; the thought signatures of earlier turns are left out",),
        )
    size_bytes, facts = _measured(turns[begins:], access.facts, blobs), access.facts
    if size_bytes > facts.request_bytes:
        raise _too_much(
            f"the turns before it are {size_bytes:,} bytes with their pictures and signatures; "
            f"{facts.title} takes {facts.request_bytes:,} in one request",
            ways_out(facts),
        )
    history = tuple(turn for one in turns[begins:] for turn in _replayed(one, blobs))
    return Past(prompt, history, size_bytes=size_bytes)


def flattened(prompt: str, turns: Sequence[Exchange]) -> str:
    """The words of a turn that goes on from a picture and from nothing else."""
    said = "\n".join(f"{number}. {turn.prompt}" for number, turn in enumerate(turns, start=1))
    return (
        "Picture 1 is the present state of a picture that was made step by step. "
        f"These were the steps:\n{said}\n\nChange it now, and nothing else:\n{prompt}"
    )


def _measured(turns: Sequence[Exchange], facts: ChannelFacts, blobs: Blobs) -> int:
    """What the turns take in a request, by the sizes of their files. Raises: InvalidRequest."""
    total = 0
    for turn in turns:
        assert turn.answer is not None
        content = blobs.verified(turn.answer)
        shown = [one.sha256 for one in turn.references]
        shown += [sha256 for sha256, _ in held(content.read_bytes()).pictures]
        sizes = [blobs.verified(sha256).stat().st_size for sha256 in shown]
        if facts.inline_bytes is not None and max(sizes, default=0) > facts.inline_bytes:
            raise _too_much(
                f"a picture of an earlier turn is {max(sizes):,} bytes; "
                f"{facts.title} takes {facts.inline_bytes:,} in one file"
            )
        if facts.files is not None:  # what was shown goes ahead of the request where it must
            del sizes[: len(turn.references)]
        total += len(turn.sent.encode()) + content.stat().st_size
        total += sum(-(-size // 3) * 4 for size in sizes)
    return total


def outlook(turns: Sequence[Exchange], facts: ChannelFacts, blobs: Blobs) -> tuple[str, ...]:
    """What to say after a turn of how many more will fit. Blocks on the disk."""
    going = turns[_beginning(turns) :]
    if not replays(facts) or any(turn.answer is None for turn in going):
        return ()
    used_bytes = _measured(going, facts, blobs)
    each_bytes = used_bytes // len(going)
    if used_bytes + each_bytes <= facts.request_bytes:
        return ()
    fits = "one more turn fits" if used_bytes <= facts.request_bytes else "no further turn fits"
    said = (
        f"{fits}: the turns so far are {_mb(used_bytes)} with their signatures, and "
        f"{facts.title} takes {_mb(facts.request_bytes)} in one request; then use "
        f"{ways_out(facts)}"
    )
    return (said,)


def _replayed(turn: Exchange, blobs: Blobs) -> Iterator[Turn]:
    references = tuple(
        Reference(one.mime, blobs.path(one.sha256).read_bytes(), one.name, _role(one.role))
        for one in turn.references
    )
    yield UserTurn(turn.sent, references)
    assert turn.answer is not None
    content = blobs.path(turn.answer).read_bytes()
    shown = held(content)
    pictures = tuple(
        Reference(mime, blobs.path(sha256).read_bytes()) for sha256, mime in shown.pictures
    )
    yield ModelTurn(content, pictures, len(shown.text.encode()))


def _role(said: str | None) -> Role | None:
    found: dict[str | None, Role] = {"object": "object", "character": "character", "style": "style"}
    return found.get(said)


def _beginning(turns: Sequence[Exchange]) -> int:
    """The last turn that goes on from no turn before it."""
    return max((n for n, turn in enumerate(turns) if turn.fresh), default=0)


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"


def _too_much(problem: str, accepts: str = WAYS_OUT) -> InvalidRequest:
    return InvalidRequest("history", problem, accepts=accepts)
