"""Every exchange of a folder of recorded traffic becomes the right typed outcome.

`pytest --recordings=DIR` names the folder; nothing of it is kept here. Two witnesses: what each
known file must become is in recordings.toml, in our words; and a plain reader (json, Pillow)
counts and measures the pictures of every file, known or not. A file that nobody expects, or one
that is missing, is skipped, and under `--no-skips` that fails.
"""

from __future__ import annotations

import io
import tomllib
from itertools import groupby
from pathlib import Path

import pytest

from cavendish.imaging.inspect import inspect
from recorded.exchanges import exchanges_in
from recorded.reading import is_ours, line_of, plainly, read

EXPECTED = tomllib.loads(Path(__file__).with_name("recordings.toml").read_text("utf-8"))
NOTES = {".md"}


def pytest_generate_tests(metafunc):
    if "name" in metafunc.fixturenames:
        root = metafunc.config.getoption("--recordings")
        found = {
            str(path.relative_to(root))
            for path in root.rglob("*")
            if path.is_file() and path.suffix not in NOTES
        }
        metafunc.parametrize("name", sorted(found | set(EXPECTED)))


@pytest.fixture
def exchanges(name, pytestconfig):
    path = pytestconfig.getoption("--recordings") / name
    if not path.exists():
        pytest.skip("this recording is missing")
    found = exchanges_in(path)
    assert found, "nothing could be read"
    return found


def test_every_exchange_has_its_typed_outcome(name, exchanges):
    lines = [(line, len(list(same))) for line, same in groupby(map(line_of, exchanges))]
    seen = [f"{count} x {line}" if count > 1 else line for line, count in lines]
    if name not in EXPECTED:
        pytest.skip(f"not in recordings.toml; it would become {seen}")
    assert seen == EXPECTED[name]


def test_a_plain_reader_sees_the_same_pictures(exchanges):
    for exchange in exchanges:
        if exchange.status != 200 or not is_ours(exchange):
            continue
        answers = [read(exchange.body, step) for step in (65536, 997, 10**9)]
        assert answers[0] == answers[1] == answers[2]
        answer, pictures = answers[0]
        headers = [inspect(io.BytesIO(pictures[one.index])) for one in answer.pictures]
        seen = [(header.mime, header.width, header.height) for header in headers]
        assert seen == plainly(exchange.body)
