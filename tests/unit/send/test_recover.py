"""What a process that died left behind, and the next one finds."""

from __future__ import annotations

import asyncio

from cavendish.core.errors import StorageError
from simulation.shop import PROMPT


def leave_whole(shop, *prompts):
    """A process that dies when the answers to all prompts are whole, and settled none."""
    victim = shop.process()
    left = len(prompts)

    def die_when_whole(what, path):
        nonlocal left
        left -= path.name == "answer.json"
        victim.dead = left == 0

    victim.disk._watch = die_when_whole
    victim.journal.settle = lambda *_, **__: asyncio.sleep(1e6)
    asks = [victim.sender.send(shop.order(p)) for p in prompts]

    async def play():
        await asyncio.wait([asyncio.ensure_future(ask) for ask in asks], timeout=100)

    shop.play(play())


def attempts(shop):
    return sorted(shop.world.rows("SELECT state, outcome, billed FROM attempts"))


def test_an_orphan_whose_picture_is_gone_is_booked_and_bought_anew(shop):
    leave_whole(shop, PROMPT)
    for path in [p for p in shop.world.platter.files if p.name != "answer.json"]:
        del shop.world.platter.files[path]
    shop.world.whole.clear()
    shop.world.lost += 1
    shop.play(shop.process().sender.recover())
    assert attempts(shop) == [("settled", "executed", "certain")]
    assert not shop.buy("answer").cached


def test_an_orphan_of_a_channel_that_is_gone_keeps_its_picture(shop):
    """A user took its file away: what it cost is presumed to be the most, and it is found again."""
    leave_whole(shop, PROMPT)
    heir = shop.process()
    heir.sender._settlement._conclusion._known = {}
    shop.play(heir.sender.recover())
    assert attempts(shop) == [("settled", "executed", "presumed")]
    again = shop.buy()
    assert (again.cached, len(shop.kinds)) == (True, 1)
    assert again.warnings[0].startswith("channel: there is no channel 'gemini'")


def test_an_orphan_that_cannot_be_stored_now_stops_nobody_and_is_not_lost(shop, caplog):
    prompts = ["a", "b", "c"]
    leave_whole(shop, *prompts)
    assert attempts(shop) == [("open", None, None)] * 3
    heir = shop.process()
    renamed = heir.disk.rename

    def full_once(old, new):
        heir.disk.rename = renamed
        raise StorageError(f"{new}: the disk is full")

    for path in [p for p in shop.world.platter.files if "blobs" in p.parts]:
        inode = shop.world.platter.files.pop(path)
        spool = next(call.attempt for call in shop.world.oracle.calls
                     if path.name in call.pictures)  # fmt: skip
        shop.world.platter.files[shop.world.home / "spool" / spool / "0.part"] = inode
    heir.disk.rename = full_once
    shop.play(heir.sender.recover())
    settled = ("settled", "executed", "certain")
    assert attempts(shop) == [("open", None, None), settled, settled]
    assert "the disk is full" in caplog.text
    heir.dead = True
    shop.play(shop.process().sender.recover())
    assert attempts(shop) == [settled] * 3
    assert len(shop.kinds) == 3
