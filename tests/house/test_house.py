"""The house rules, as a test over the source."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
FILES = sorted(SOURCE.rglob("*.py"))
HOUSE = [path for path in FILES if path.is_relative_to(SOURCE / "cavendish")]
pytestmark = pytest.mark.tree

FILE_LINES = 300
FUNCTION_LINES = 60
VAGUE = {"utils", "util", "common", "helpers", "misc", "manager", "base"}
WORLD = {"time", "random", "secrets", "uuid", "socket"}
NOW = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|os\.urandom)\b")
MONEY = re.compile(r"(usd|cost|price|nanos|budget|amount)", re.IGNORECASE)


def name_of(path):
    return str(path.relative_to(SOURCE))


def tree(path):
    return ast.parse(path.read_text("utf-8"))


def functions(path):
    return [
        n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_short_named_and_says_what_it_is(path):
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= FILE_LINES, "look for the missing noun"
    assert path.stem not in VAGUE
    assert ast.get_docstring(tree(path)), "a module begins by saying what it is"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_functions_are_short_and_public_names_are_explained(path):
    for function in functions(path):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        if body:
            lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
            assert lines <= FUNCTION_LINES, f"{function.name} has {lines} lines"
    for node in tree(path).body:
        public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if public and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"
            if isinstance(node, ast.ClassDef):
                for method in node.body:
                    if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                        private = method.name.startswith("_")
                        assert private or ast.get_docstring(method), f"{node.name}.{method.name}"


@pytest.mark.parametrize("path", HOUSE, ids=name_of)
def test_time_and_randomness_come_through_ports(path):
    if path == SOURCE / "cavendish/client/system.py":
        return
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names = {name.name.split(".")[0] for name in node.names}
            assert not names & WORLD, "the real world is in client/system.py"
    assert not NOW.search(path.read_text("utf-8")), "the real world is in client/system.py"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_money_is_never_a_float(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
            if MONEY.search(name):
                assert "float" not in ast.unparse(node.annotation), name
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            assert not re.search(r"nanos|usd", ast.unparse(node)), ast.unparse(node)


def test_nothing_is_left_for_later():
    for path in FILES:
        text = path.read_text("utf-8")
        assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text), path
        assert "NotImplemented" not in text, path


def test_every_module_is_used():
    imported = set()
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module)
                imported.update(f"{node.module}.{name.name}" for name in node.names)
            elif isinstance(node, ast.Import):
                imported.update(name.name for name in node.names)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                imported.add(node.value.split(":")[0])
                imported.add(f"cavendish.{node.value}")
    entries = {"__main__", "__init__", "env", "errors"}
    for path in HOUSE:
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        if path.stem in entries or "versions" in path.parts:
            continue
        assert module in imported, f"nothing imports {module}"


def test_facts_have_a_source_and_a_date():
    def sources(table):
        for name, value in table.items():
            if name == "source":
                yield value
            elif isinstance(value, dict):
                yield from sources(value)
            elif isinstance(value, list):
                for item in value:
                    if isinstance(item, dict):
                        yield from sources(item)

    for path in (SOURCE / "cavendish/catalog").rglob("*.toml"):
        found = list(sources(tomllib.loads(path.read_text("utf-8"))))
        assert found, path
        for source in found:
            assert source["url"].startswith("https://"), path
            assert isinstance(source["checked"], date), path


def test_public_names_exist_and_are_sorted():
    import cavendish

    assert sorted(cavendish.__all__) == cavendish.__all__
    for name in cavendish.__all__:
        assert getattr(cavendish, name) is not None
    errors = importlib.import_module("cavendish.errors")
    assert set(errors.__all__) == set(importlib.import_module("cavendish.core.errors").__all__)


def test_every_door_of_the_database_is_parametrised():
    """No statement is put together from values."""
    for path in (SOURCE / "cavendish/store").rglob("*.py"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.JoinedStr):
                text = ast.unparse(node)
                assert not re.search(r"\b(SELECT|INSERT|UPDATE|DELETE)\b", text), text
