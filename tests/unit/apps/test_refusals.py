"""Every bad input, one by one: the field and the next step are named, and nothing is spent."""

from __future__ import annotations

import io
import json
import os

import pytest

from unit.apps import shapes
from unit.client.upstream import CANARY, pixels

PRO = "gemini-3-pro-image"


@pytest.fixture
def refused(cavendish, upstream, tmp_path):
    """A command that must be refused with exit code 2, in words and in JSON; nothing is spent."""

    def call(*tokens, names, step, kind="InvalidRequest", code=2):
        said = cavendish(*tokens, "--json")
        assert (said.code, said.err) == (code, "")
        shapes.check_error(said.error)
        assert names in said.error["message"]
        assert step in (said.error["next_step"] or "")
        assert (said.error["type"], said.error["billed"]) == (kind, False)
        words = cavendish(*tokens)
        assert (words.code, words.out) == (code, "")
        assert names in words.err.replace("\n", " ")
        assert step in words.err.replace("\n", " ")
        assert "Traceback" not in words.err
        assert CANARY not in words.err + said.out
        assert upstream.requests == []
        assert not list((tmp_path / "home" / "blobs").rglob("*.jpg"))
        return said.error

    return call


def test_an_unknown_model(refused):
    refused("generate", "x", "-m", "gemini-3-pro-imag", names="model: 'gemini-3-pro-imag'",
            step=f"did you mean {PRO}?", kind="UnknownModel")  # fmt: skip


def test_advice_that_makes_no_sense(refused):
    advise = ["cost", "advise", "--use"]
    refused(*advise, "poster", names="use: there is no use 'poster'", step="use thumbnail, web")
    refused(*advise, "web", "--dpi", "300", names="dpi: web is not printed", step="print-a4")
    for width in ("0", "-1", "nan", "1e9"):
        refused(*advise, "large", "--print-width-mm", width, names="print_width_mm: ",
                step="use 10..5,000 mm")  # fmt: skip
    refused(*advise, "large", "--dpi", "0", names="dpi: 0 is out of range", step="use 30..1,200")
    refused(*advise, "web", "-n", "0", names="n: 0 is out of range", step="use 1..1,000,000")
    refused(*advise, "web", "-a", "5:1", names="aspect_ratio: no model", step="use 1:1")


def test_a_price_list_there_is_not(refused):
    refused("cost", "estimate", "x", "--prices", "2024", names="prices: there is no list '2024'",
            step="use today, guide")  # fmt: skip
    refused("cost", "estimate", "x", "--prices", "guide", "-m", "nano-banana-2.1",
            names="guide has no price for gemini-nano-banana-2.1", step="gemini-3-pro-image",
            kind="UnknownPrice", code=3)  # fmt: skip


def test_an_unknown_size(refused):
    refused("generate", "x", "-s", "8K", names="size: ", step="use 1K, 2K, 4K")


def test_an_unknown_ratio(refused):
    refused("generate", "x", "-a", "7:5", names="aspect_ratio: ", step="16:9")


def test_fifteen_references(refused, png):
    many = [token for _ in range(15) for token in ("--ref", png)]
    refused("generate", "x", *many, names="references: 15 given", step="at most 14")


def test_a_reference_that_is_no_picture(refused, folder):
    (folder / "words.png").write_text("hello")
    refused("generate", "x", "--ref", "words.png", names="references: words.png is not a picture",
            step="PNG, JPEG or WebP")  # fmt: skip


def test_a_reference_that_breaks_off(refused, folder):
    (folder / "half.jpg").write_bytes(pixels(64, 64)[:-10])
    refused("generate", "x", "--ref", "half.jpg", names="half.jpg breaks off", step="a whole file")


def test_a_reference_that_is_not_there(refused):
    refused("generate", "x", "--ref", "gone.png", names="references: gone.png: No such file",
            step="a file that can be read")  # fmt: skip


@pytest.mark.parametrize("prompt", ["", "  \n "])
def test_an_empty_prompt(refused, prompt):
    refused("generate", prompt, names="prompt: is empty", step="some words")


def test_an_over_long_prompt(refused, monkeypatch):
    class Stdin:
        def read(self, limit=-1):
            return ("x" * 300_000)[:limit]

    monkeypatch.setattr("sys.stdin", Stdin())
    refused("generate", "-", names="prompt: is about 75,000 tokens", step="a shorter prompt")


def test_a_prompt_that_is_no_text(refused, monkeypatch):
    class Stdin:
        def read(self, _limit=-1):
            return io.TextIOWrapper(io.BytesIO(b"\xff\xfe")).read()

    monkeypatch.setattr("sys.stdin", Stdin())
    for command in (["generate"], ["cost", "estimate"]):
        refused(*command, "-", names="prompt: is not valid Unicode", step="UTF-8")
    refused("generate", "\udcff", names="prompt: is not valid Unicode", step="UTF-8")


def test_a_data_file_that_is_not_there(refused):
    refused("infographic", "gone.json", names="data: gone.json: No such file",
            step="a file that can be read")  # fmt: skip


def test_a_data_file_of_another_kind(refused, folder):
    (folder / "data.csv").write_text("a,b")
    refused("infographic", "data.txt", names="data.txt: only JSON, YAML", step="--data-format")


def test_a_data_file_of_ten_megabytes(refused, folder):
    (folder / "data.json").write_text(json.dumps({"title": "x" * 10_000_000}))
    refused("infographic", "data.json", names="at most 1,000,000 are read",
            step="a smaller file")  # fmt: skip


def test_a_malformed_metric(refused, folder):
    good = {"label": "a", "value": "1"}
    for bad, names in (
        ({"label": "b", "value": []}, "metrics[2].value: must be text"),
        ({"label": "b"}, "metrics[2]: has label"),
        ("b", "metrics[2]: must be an object"),
    ):
        (folder / "data.json").write_text(json.dumps({"metrics": [good, good, bad]}))
        refused("infographic", "data.json", names=names, step="use ")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"titel": "x"}', "\ufeff{"])
def test_malformed_data(refused, folder, text):
    (folder / "data.json").write_text(text)
    refused("infographic", "data.json", names="data: ", step="use ")


@pytest.mark.parametrize("place", ["file/x.png", "file", "/proc/nowhere/x.png", "/dev/null/out"])
def test_a_folder_that_cannot_be_written(refused, folder, place):
    (folder / "file").write_text("a regular file")
    error = refused("generate", "x", "-o", place, names=place.split("/")[-2] or "file",
                    step="choose a folder you can write to", kind="StorageError",
                    code=1) if "/" in place else refused(
        "generate", "x", "-o", place, names="file: File exists",
        step="choose a folder you can write to", kind="StorageError", code=1)  # fmt: skip
    assert error["category"] == "fatal"


def test_an_unknown_ending(refused):
    refused("generate", "x", "-o", "x.gif", names="output: 'x.gif'", step=".png, .jpg")


@pytest.mark.parametrize("home", ["file", "/proc/nowhere", "/dev/null/home"])
def test_a_home_that_cannot_be(refused, folder, monkeypatch, home):
    (folder / "file").write_text("a regular file")
    monkeypatch.setenv("CAVENDISH_HOME", home)
    refused("generate", "x", names="journal", step="CAVENDISH_HOME", kind="StorageError", code=1)


def test_an_unknown_setting(refused, monkeypatch):
    monkeypatch.setenv("CAVENDISH_HOEM", "/tmp")
    refused("generate", "x", names="CAVENDISH_HOEM: there is no such setting",
            step="did you mean CAVENDISH_HOME?", kind="SettingsError")  # fmt: skip


def test_an_unknown_key_of_the_configuration(refused, folder):
    (folder / "cavendish.toml").write_text('modle = "x"')
    refused("generate", "x", names="cavendish.toml: there is no setting 'modle'",
            step="did you mean model?", kind="SettingsError")  # fmt: skip


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({"GOOGLE_APPLICATION_CREDENTIALS": "f"}, "GOOGLE_APPLICATION_CREDENTIALS is set"),
        ({"GOOGLE_GENAI_USE_VERTEXAI": "true"}, "GOOGLE_GENAI_USE_VERTEXAI asks for Vertex"),
        ({"LAOZHANG_API_KEY": "x"}, "only a third party's key"),
        ({"GEMINI_API_KEY": ""}, "GEMINI_API_KEY is set and empty"),
        ({"GEMINI_API_KEY": f"{CANARY}\n"}, "GEMINI_API_KEY holds blanks"),
    ],
)
@pytest.mark.parametrize("command", [["generate", "x"], ["generate", "x", "--dry-run"]])
def test_credentials_set_in_part(refused, monkeypatch, command, env, names):
    monkeypatch.delenv("GEMINI_API_KEY")
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    refused(*command, names=names, step="GEMINI_API_KEY", kind="SettingsError")


def test_a_key_does_not_go_out_unencrypted(refused, monkeypatch):
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://example.org")
    refused("generate", "x", names="GOOGLE_GEMINI_BASE_URL: plain http", step="https",
            kind="SettingsError")  # fmt: skip


def test_a_channel_that_is_none(refused):
    refused("generate", "x", "--channel", "vertx", names="channel: there is no channel 'vertx'",
            step="openrouter-chat or openrouter or vertex", kind="UnknownChannel")  # fmt: skip


def test_drafts_where_real_pictures_are_required(refused, monkeypatch):
    refused("generate", "x", "--channel", "offline", "--require", "real", names="require: ",
            step="GEMINI_API_KEY", kind="UnknownChannel")  # fmt: skip
    monkeypatch.delenv("GEMINI_API_KEY")
    refused("generate", "x", "--require", "real", names="no credential was found",
            step="GEMINI_API_KEY", kind="UnknownChannel")  # fmt: skip
    refused("generate", "x", "--require", "reel", names="require: unknown: 'reel'",
            step="real, direct-google")  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (["-n", "0"], "n: 0 pictures"),
        (["-n", "101"], "n: 101 pictures"),
        (["--budget", "abc"], "budget: 'abc'"),
        (["--budget", "-1"], "budget"),
        (["--tag", "team"], "tag: 'team' is not KEY=VALUE"),
        (["--timeout", "0"], "timeout_s: 0.0"),
        (["--timeout", "nan"], "timeout_s: nan"),
        (["--retries", "-1"], "retries"),
        (["--temperature", "3"], "temperature: 3.0"),
        (["--seed", "-1"], "seed"),
        (["--seed", "7", "-m", "nano-banana-2.1"], "seed: gemini-nano-banana-2.1"),
        (["--thinking", "low", "-m", "nano-banana-2.1"], "thinking: there is no level 'low'"),
        (["--thinking", "medium", "-m", "nano-banana-2"], "thinking: gemini-3.1-flash-image has"),
    ],
)
def test_flags_out_of_range(cavendish, upstream, flags, names):
    said = cavendish("generate", "x", "-s", "1K", *flags, "--json")
    assert (said.code, said.err) == (2, "")
    shapes.check_error(said.error)
    assert names in said.error["message"]
    assert upstream.requests == []


@pytest.mark.parametrize("command", [["generate"], ["cost", "estimate"]])
def test_a_prompt_is_given_once(refused, folder, command):
    (folder / "p.txt").write_text("a fox", "utf-8")
    refused(*command, names="prompt: is missing", step="--prompt-file FILE")
    refused(*command, "a fox", "--prompt-file", "p.txt", names="prompt: is given twice", step="use")
    refused(*command, "--prompt-file", "gone.txt", names="gone.txt: No such file", step="read")


@pytest.mark.parametrize(
    "tokens",
    [["generate", "x", "--sise", "1K"], ["generate", "x", "-n", "two"],
     ["generate", "x", "y"], ["generate", "x", "-o"], ["nothing"], ["infographic"],
     ["budget", "set", "day"], ["cost", "report", "--by"], ["generate", "-x"], ["models", "show"],
     ["budget", "list", "-"]],
)  # fmt: skip
def test_wrong_usage(cavendish, upstream, tokens):
    said = cavendish(*tokens, "--json")
    assert (said.code, said.err) == (2, "")
    shapes.check_error(said.error)
    assert said.error["type"] == "UsageError"
    assert said.error["next_step"] in {
        " ".join(("cavendish", *tokens[:depth], "--help")) for depth in range(3)
    }
    words = cavendish(*tokens)
    assert (words.code, words.out) == (2, "")
    assert words.err
    assert upstream.requests == []


@pytest.mark.parametrize(
    ("tokens", "names"),
    [
        (["cost", "report", "--by", "week"], "by: there is no grouping 'week'"),
        (["budget", "set", "week", "1"], "scope: 'week' is not a budget's scope"),
        (["budget", "set", "day", "ten"], "budget: 'ten' is not an amount"),
        (["budget", "set", "day", "1e3"], "budget: '1e3' is not an amount"),
        (["models", "show", "dall-e"], "model: 'dall-e' is not in the catalogue"),
    ],
)
def test_other_commands(cavendish, tmp_path, tokens, names):
    said = cavendish(*tokens, "--json")
    assert (said.code, said.err) == (2, "")
    shapes.check_error(said.error)
    assert names in said.error["message"]
    assert said.error["next_step"]
    assert not (tmp_path / "home").exists()


def test_a_budget_that_is_too_small(refused):
    refused("generate", "x", "-s", "1K", "--budget", "0.05", names="this run's budget is $0.05",
            step="--budget 0.16", kind="BudgetExceeded", code=3)  # fmt: skip


@pytest.mark.parametrize("rehearsal", ["--dry-run", "--curl"])
@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (["--budget", "nan"], "budget: "),
        (["--timeout", "-1"], "timeout_s: "),
        (["--retries", "101"], "retries: "),
        (["--may-pay-twice", "-1"], "may_pay_twice: "),
        (["--tag", "x"], "tag: "),
        (["--project", ""], "project: "),
        (["--format", "gif"], "format: "),
        (["-o", "x.gif"], "output: "),
        (["-o", "x.jpg", "--format", "png"], "format: png contradicts"),
    ],
)
def test_a_rehearsal_refuses_what_the_purchase_would(refused, folder, rehearsal, flags, names):
    refused("generate", "x", rehearsal, *flags, names=names, step="use ")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("flag", ["-n", "--seed", "--retries", "--may-pay-twice"])
@pytest.mark.parametrize("number", ["1.5", "x", "", "1e3"])
def test_half_a_picture_is_not_two(refused, flag, number):
    refused("generate", "x", flag, number, kind="UsageError", step="cavendish generate --help",
            names=f"value for {flag}: {number!r} is no whole number, such as 4")  # fmt: skip


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("x" * 300 + ".png", "cannot be a name"),
        ("x" * 245 + ".png", "is too long"),
        ("d/" * 3000 + "x.png", "cannot be a name"),
        ("pipe.png", "pipe.png is a pipe or a device"),
        ("-", "a picture goes to a file"),
    ],
    ids=["300", "249", "deep", "pipe", "dash"],
)
def test_a_file_that_cannot_be_made(refused, folder, name, names):
    os.mkfifo(folder / "pipe.png")
    refused("generate", "x", "-o", name, names=names, step="use ")


def test_a_prompt_from_a_device_without_end(refused):
    refused("generate", "--prompt-file", "/dev/zero", names="prompt: holds zero bytes",
            step="use UTF-8 text")  # fmt: skip


def test_a_prompt_file_may_be_a_dash(cavendish, upstream, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a fox"))
    said = cavendish("generate", "--prompt-file", "-", "--dry-run", "--json")
    assert said.json["request"]["parts"] == [{"text": "a fox"}]


@pytest.mark.parametrize("flag", ["--tag", "-m", "--ref", "--channel", "--exact", "--safety"])
def test_a_key_in_a_wrong_place_is_not_shown(cavendish, upstream, flag):
    for more in ([], ["--json"]):
        said = cavendish("generate", "x", flag, CANARY, *more)
        assert said.code == 2
        assert CANARY not in said.out + said.err


def test_a_pipe_is_named_once(refused, folder):
    os.mkfifo(folder / "pipe")
    error = refused("generate", "x", "--ref", "pipe", names="pipe is a pipe", step="a regular file")
    assert error["message"].count("references") == 1


@pytest.mark.parametrize("port", ["-1", "99999"])
def test_a_port_there_is_not(shell, port):
    said = shell("emulator", "--port", port)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("cannot start the emulator: ")
