"""A process that buys drafts until it is told to stop, and says what it bought."""

from __future__ import annotations

from cavendish import Client
from cavendish.client.settings import Settings


def settings(home, journal, **more):
    """Settings of an empty environment, so offline, with that journal: a file or an address."""
    said = {"HOME": str(home), "CAVENDISH_HOME": str(home), "CAVENDISH_JOURNAL": str(journal)}
    return Settings.load({**said, **more}, folder=home.parent)


def buy(home, journal, number, stop, ready, answers):
    """Buys one draft after the other; puts the prompts."""
    bought = []
    with Client(settings(home, journal)) as client:
        while not stop.is_set():
            prompt = f"a fox, number {number}-{len(bought)}"
            client.generate(prompt, size="1K", output=home / "out")
            bought.append(prompt)
            ready.set()
    answers.put(bought)
