"""chat: a picture, edited by conversation."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App
from rich.text import Text

from cavendish.apps.cli.flags import CALL, REQUEST, SAY, CallFlags, RequestFlags, SayFlags, Switch
from cavendish.apps.cli.pictures import foreseen, output, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from cavendish.apps.cli.door import Show
    from cavendish.client.aio import AsyncClient
    from cavendish.client.chats.chat import Chat
    from cavendish.client.chats.desk import Chats, ChatState
    from cavendish.client.result import Result
    from cavendish.core.conversation import Exchange

NEW = "NEW"
WORDS_CHARS = 60
BESIDE_CHARS = 28
"""What id, turns and cost take in a line of the list."""
SHOWN = 20
"""So many turns are shown where nothing is said; a screen or two."""

chat = App(name="chat", help="Edit a picture by conversation.")


@chat.default
def send(
    which: str,
    prompt: str | None = None,
    /,
    *,
    prompt_file: Path | None = None,
    flatten: Switch = False,
    request: RequestFlags = REQUEST,
    call: CallFlags = CALL,
    say: SayFlags = SAY,
) -> int:
    """Begin a chat (NEW), or go on with one by its id: every turn changes the last picture.

    Size and ratio stay as they were unless said otherwise, and so do channel and model.

    Parameters
    ----------
    which
        NEW, or the id of a chat (cavendish chat list).
    prompt
        What to draw or to change; - reads it from standard input.
    prompt_file
        A file with the prompt; - reads standard input.
    flatten
        Go on from the last picture and what was said, without the turns: on another channel,
        with another model, or when the turns no longer fit.
    """
    from cavendish.apps.cli.door import read_prompt

    said = read_prompt(prompt, prompt_file)

    async def body(client: AsyncClient) -> Show:
        talk = client.chat(None if which.upper() == NEW else which)
        options = request.options()
        if call.dry_run or call.curl:
            found = await talk.estimate(said, flatten=flatten, **options)
            return await foreseen(client, found, call, say)
        options |= call.options()
        made = await talk.send(said, flatten=flatten, output=output(client, call), **options)
        return partial(_show_turn, made, talk, say)

    return run(body, say)


@chat.command(name="list")
def list_(*, say: SayFlags = SAY) -> int:
    """The chats of this home, the newest first, with what each cost."""
    return _look(lambda chats: chats.list(), _list, say)


@chat.command
def show(
    chat_id: str,
    /,
    *,
    all_: Switch = False,
    say: SayFlags = SAY,
) -> int:
    """One chat: its turns with words, pictures and costs, and those that were taken back.

    Parameters
    ----------
    chat_id
        Its id (cavendish chat list).
    all_
        Every turn, where there are many; --json always has all.
    """
    return _look(lambda chats: chats.show(chat_id), partial(_show, whole=all_), say)


@chat.command
def undo(chat_id: str, /, *, say: SayFlags = SAY) -> int:
    """Take the last turn back. It is kept: the same words find it again and cost nothing.

    Parameters
    ----------
    chat_id
        Its id (cavendish chat list).
    """

    def taken(chats: Chats) -> ChatState:
        chats.undo(chat_id)
        return chats.show(chat_id)

    return _look(taken, _show, say)


@chat.command
def export(chat_id: str, file: Path, /, *, say: SayFlags = SAY) -> int:
    """Write a chat with its pictures into one file, to go on with it on another machine.

    Parameters
    ----------
    chat_id
        Its id (cavendish chat list).
    file
        The file to write.
    """

    def written(chats: Chats) -> ChatState:
        chats.export_to(chat_id, file)
        return chats.show(chat_id)

    return _look(written, partial(_carried, f"written to {file}"), say)


@chat.command(name="import")
def import_(file: Path, /, *, say: SayFlags = SAY) -> int:
    """Take in a chat that was exported; one that is here already goes on where the file does.

    Parameters
    ----------
    file
        A file that cavendish chat export wrote.
    """
    return _look(lambda chats: chats.import_from(file), partial(_carried, "taken in"), say)


def _look(
    find: Callable[[Chats], ChatState] | Callable[[Chats], tuple[ChatState, ...]],
    tell: Callable[..., None],
    say: SayFlags,
) -> int:
    from cavendish.apps.cli import door

    async def body(client: AsyncClient) -> Show:
        found: ChatState | tuple[ChatState, ...]
        found = await asyncio.to_thread(find, client.chats.blocking)

        def told() -> int:
            if not say.json:
                tell(found)
            elif isinstance(found, tuple):
                door.document({"chats": [one.to_json() for one in found]})
            else:
                door.document(found.to_json())
            return 0

        return told

    return door.enter(body, say)


def _show_turn(made: Result, talk: Chat, say: SayFlags) -> int:
    from cavendish.apps.cli import door, words

    number = len(talk.turns)
    if say.json:
        door.document({**made.to_json(), "chat": talk.id, "turn": number})
        return 0
    words.result(made, more=[("chat", f"{talk.id}, turn {number}")])
    if not say.quiet:
        words.notes(
            [f"go on: cavendish chat {talk.id} PROMPT · back: cavendish chat undo {talk.id}"]
        )
    return 0


def _list(found: tuple[ChatState, ...]) -> None:
    from cavendish.apps.cli.words import line, out, plain, table

    if not found:
        line(Text("no chats yet: cavendish chat NEW PROMPT begins one", style="dim"))
        return
    shown = table("chat", "turns", "cost", "channel", "last said")
    for column, name in zip(
        shown.columns, ("00000000", "turns", "$0.0000", "gemini 1"), strict=False
    ):
        column.min_width = len(name)
    longest = max(len(one.turns[-1].channel) if one.turns else 1 for one in found)
    room = max(20, min(WORDS_CHARS, out.width - BESIDE_CHARS - max(longest, len("gemini 1"))))
    for one in found:
        last = one.turns[-1] if one.turns else None
        shown.add_row(
            Text(one.id, style="bold"),
            str(len(one.turns)),
            str(one.cost),
            Text("-" if last is None else plain(last.channel)),
            Text("-" if last is None else plain(_short(last, room))),
        )
    out.print(shown)


def _show(found: ChatState, *, whole: bool = False) -> None:
    from cavendish.apps.cli.words import line, money, out, plain

    turns = found.turns
    head = (
        ("chat ", "dim"),
        (found.id, "bold"),
        f"  {money(found.cost, found.conversation.realm)}",
    )
    line(Text.assemble(*head))
    if not turns:
        line(Text("  no turns: all were taken back", style="dim"))
    hidden = 0 if whole else max(0, len(turns) - SHOWN)
    if hidden:
        line(Text(f"  {hidden} earlier turns; --all shows them", style="dim"))
    for number, turn in list(enumerate(turns, start=1))[hidden:]:
        before = turns[number - 2] if number - 1 > hidden else None
        out.print()
        mark = (f"{number:>3}  ", "bold green")
        _turn(found, turn, Text.assemble(mark, (plain(turn.prompt), "bold")), before)
    for turn in found.beside if whole else found.beside[-SHOWN:]:
        out.print()
        head = (("  ·  ", "dim"), (plain(turn.prompt), "dim"), " (beside)")
        _turn(found, turn, Text.assemble(*head), None)


def _turn(found: ChatState, turn: Exchange, head: Text, before: Exchange | None) -> None:
    """What was said, then the picture in one line and its file; of the rest what is new."""
    from cavendish.apps.cli.words import line, plain

    line(head)
    where = (turn.channel, turn.model)
    new = before is None or where != (before.channel, before.model)
    said = (f"{turn.width} × {turn.height} px", str(turn.cost), *(where if new else ()))
    line(Text.assemble("     ", (plain(" · ".join(said)), "dim")))
    line(Text.assemble("     ", plain(str(found.file(turn)))))
    if turn.references:
        names = ", ".join(one.name or one.sha256[:12] for one in turn.references)
        line(Text.assemble("     ", ("with ", "dim"), plain(names)))
    if turn.text:
        line(Text.assemble("     ", plain(" ".join(turn.text.split()))))
    if _is_flat(turn):
        line(Text("     flattened: it goes on from the picture alone", style="dim"))


def _is_flat(turn: Exchange) -> bool:
    return turn.fresh and turn.parent is not None


def _carried(said: str, found: ChatState) -> None:
    from cavendish.apps.cli.words import facts, line, plain

    line(Text.assemble(("✓ ", "bold green"), ("chat ", ""), (found.id, "bold"), f" {plain(said)}"))
    last = found.turns[-1] if found.turns else None
    facts(
        [
            ("turns", str(len(found.turns))),
            *([("channel", last.channel), ("model", last.model)] if last else ()),
            ("go on", f"cavendish chat {found.id} PROMPT"),
        ]
    )


def _short(turn: Exchange, most: int) -> str:
    said = " ".join(turn.prompt.split())
    return said if len(said) <= most else f"{said[: most - 1]}…"
