"""Contenders in processes of their own, asked in turns, so that CPU and memory are theirs alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[1]
PLACES = os.pathsep.join(str(ROOT / place) for place in (".", "../src", "../tests"))
"""Where modules come from: what is measured is the tree these benchmarks stand in."""


class Worker:
    """One contender's process: a question is a line of JSON, and so is its answer."""

    def __init__(
        self,
        module: str,
        *arguments: str,
        environment: Mapping[str, str],
        python: str | Path = sys.executable,
    ) -> None:
        self._process = subprocess.Popen(
            [python, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=environment["HOME"],
        )

    def ask(self, **question: Any) -> Any:
        """Asks, and waits for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended with {self._process.wait()}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def serve(answer: Callable[..., Any]) -> None:
    """The worker's side: answers every question until there are no more."""
    voice = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in sys.stdin:
        voice.write(json.dumps(answer(**json.loads(line))) + "\n")


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a contender: no settings or credentials of whoever runs this."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONPATH": PLACES, **more}


def asked_in_rounds(
    workers: Mapping[str, Worker], rounds: int, **question: Any
) -> dict[str, list[Any]]:
    """Asks everybody the same, round after round, so that a slow moment hits all alike."""
    answers: dict[str, list[Any]] = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            answers[name].append(worker.ask(**question))
    return answers


@contextmanager
def together(workers: Mapping[str, Worker]) -> Iterator[None]:
    """Ends all of them in the end."""
    with ExitStack() as stack:
        for worker in workers.values():
            stack.enter_context(worker)
        yield


@contextmanager
def background(module: str, *arguments: str) -> Iterator[str]:
    """A server in a process of its own; gives the first line it prints."""
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, "PYTHONPATH": PLACES}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
