"""Every command on success: its words, its one JSON document, its exit code."""

from __future__ import annotations

import hashlib
import io
import json

import pytest

from cavendish.apps.cli import words as terminal
from cavendish.core.money import Money
from unit.apps import shapes
from unit.client.upstream import CANARY

PRO, FLASH = "gemini-3-pro-image", "gemini-nano-banana-2.1"
MODELS = [
    PRO, "gemini-2.5-flash-image", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image", FLASH,
]  # fmt: skip
NOTICE = "no credential found: this is an offline draft for simulated money"


@pytest.fixture
def data(folder):
    """The data of an infographic."""
    path = folder / "data.json"
    path.write_text('{"title": "Q4", "metrics": [{"label": "Sales", "value": 4.80}]}')
    return path


def test_generate(cavendish, folder):
    said = cavendish("generate", "a red fox", "-s", "1K", "-a", "16:9", "-o", "fox.png")
    assert said.code == 0
    assert "✓ fox.png" in said.out
    assert "1376 × 768 px, image/png" in said.out
    assert "(simulated money)" in said.out
    assert NOTICE in said.err
    assert "⠋" not in said.err  # no live line where there is no terminal
    assert (folder / "fox.png").read_bytes().startswith(b"\x89PNG")
    again = cavendish("generate", "a red fox", "-s", "1K", "-a", "16:9", "-o", "again.jpg")
    assert "$0.00 (simulated money), bought before" in again.out


def test_generate_json(cavendish, folder):
    said = cavendish("generate", "a red fox", "-s", "1K", "-o", "fox.png", "--json")
    assert (said.code, said.err) == (0, "")
    shapes.check_result(said.json)
    assert said.json["path"] == "fox.png"
    (picture,) = said.json["pictures"]
    assert (picture["path"], picture["mime"]) == ("fox.png", "image/png")
    with open(picture["original_path"], "rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() == picture["sha256"]
    assert (said.json["realm"], picture["offline"], picture["billed"]) == ("simulated", True, True)
    assert said.json["warnings"][0].startswith(NOTICE)
    again = cavendish("generate", "a red fox", "-s", "1K", "--json").json["pictures"][0]
    assert (again["cached"], again["billed"], again["cost_usd"]) == (True, False, "0")


def test_the_default_folder(cavendish, folder):
    path = cavendish("generate", "A red fox!", "-s", "1K", "--json").json["path"]
    assert path.startswith("generated/a-red-fox-")
    assert path.endswith(".draft.jpg")
    (folder / "cavendish.toml").write_text('output = "elsewhere"\nmodel = "nano-banana-2.1"')
    found = cavendish("generate", "A red fox!", "--json").json
    assert found["path"].startswith("elsewhere/")
    assert found["pictures"][0]["model"] == FLASH


def test_every_flag_of_generate(cavendish, folder, png):
    said = cavendish(
        "generate", "a fox", "--model", "nano-banana-pro", "--size", "1K", "--aspect-ratio", "3:2",
        "-n", "2", "--ref", png, "--ref", png, "--text", "--temperature", "0.5", "--seed", "7",
        "--thinking", "high", "--channel", "offline", "--output", "out/x.webp", "--budget", "1.00",
        "--timeout", "60", "--retries", "0", "--may-pay-twice", "0", "--project", "p",
        "--tag", "a=b", "--tag", "c=d=e", "--no-cache", "--json",
    )  # fmt: skip
    assert said.code == 0, said.out
    shapes.check_result(said.json)
    assert [p["path"] for p in said.json["pictures"]] == ["out/x.webp", "out/x-2.webp"]
    assert said.json["pictures"][0]["text"]
    assert "thinking=high has no effect" in said.json["warnings"][0]
    tags = cavendish("cost", "report", "--by", "tag", "--json").json["lines"]
    assert {line["group"] for line in tags} == {"a=b", "c=d=e"}


def test_a_prompt_from_standard_input(cavendish, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("a fox\nin snow\n"))
    said = cavendish("generate", "-", "--dry-run", "--json")
    assert said.json["request"]["parts"] == [{"text": "a fox\nin snow\n"}]
    monkeypatch.setattr("sys.stdin", io.StringIO("a fox"))
    said = cavendish("cost", "estimate", "-", "--json")
    assert said.json["request"]["parts"] == [{"text": "a fox"}]


@pytest.mark.parametrize("prompt", ["--help me", "-5 degrees", "--"])
def test_a_prompt_may_begin_with_a_dash(cavendish, prompt):
    said = cavendish("generate", "--dry-run", "--json", "--", prompt)
    assert said.json["request"]["parts"] == [{"text": prompt}]


def test_infographic(cavendish, folder, data):
    said = cavendish("infographic", data, "-s", "1K", "-o", "out/")
    assert said.code == 0
    assert "768 × 1376 px" in said.out
    assert "not yet: nothing has read the numbers back" in said.out
    (made,) = (folder / "out").iterdir()
    assert made.name.startswith("q4-")


def test_infographic_json(cavendish, data):
    said = cavendish("infographic", data, "-s", "1K", "-o", "q4.png", "--json")
    assert (said.code, said.err) == (0, "")
    shapes.check_result(said.json, shapes.INFOGRAPHIC)
    assert said.json["success"] is True
    assert said.json["verified"] is None
    assert (said.json["url"], said.json["error"], said.json["resume"]) == (None, None, None)
    assert said.json["findings"] == []
    assert said.json["generation_time_s"] > 0


def test_infographic_from_any_format(cavendish, shell, folder):
    (folder / "data.yml").write_text("title: Q4\nmetrics: {Sales: 4.80}")
    (folder / "data.csv").write_text("Sales,4.80")
    piped = {"json": b'{"metrics": {"Sales": 4.80}}', "yaml": b"metrics: {Sales: 4.80}",
             "csv": b"label,value\nSales,4.80", "tsv": b"Sales\t4.80"}  # fmt: skip
    for said in (
        cavendish("infographic", "data.yml", "--dry-run", "--json"),
        cavendish("infographic", "data.csv", "--dry-run", "--json"),
        cavendish("infographic", "data.csv", "--data-format", "csv", "--dry-run", "--json"),
        shell("infographic", "-", "--dry-run", "--json", input=piped["json"]),
        *(
            shell("infographic", "-", "--data-format", kind, "--dry-run", "--json", input=text)
            for kind, text in piped.items()
        ),
    ):
        assert said.code == 0, said.out
        assert "- Sales: 4.80\n" in said.json["request"]["parts"][0]["text"]
    said = shell("infographic", "-", "--data-format", "yaml", "--json", input=b"a: 1")
    assert said.code == 2
    assert said.error["message"] == "data: standard input:1: there is no field 'a'"


def test_dry_runs_send_and_open_nothing(cavendish, upstream, data, png, tmp_path):
    for tokens in (
        ["generate", "a fox", "--ref", png, "--dry-run"],
        ["infographic", data, "--dry-run"],
        ["cost", "estimate", "a fox", "--ref", png],
    ):
        words = cavendish(*tokens)
        assert words.code == 0
        assert "nothing was sent" in words.out
        assert "expected" in words.out
        said = cavendish(*tokens, "--json")
        assert (said.code, said.err) == (0, "")
        shapes.check_dry_run(said.json)
        assert (said.json["channel"], said.json["model"]) == ("gemini", PRO)
    assert upstream.requests == []
    assert not (tmp_path / "home").exists()


def test_a_dry_run_shows_everything_that_is_sent(cavendish, png, data):
    said = cavendish("generate", "a fox", "-n", "3", "--ref", png, "--seed", "7", "--dry-run",
                     "--json").json  # fmt: skip
    text, reference = said["request"]["parts"]
    assert (text, reference["mime"]) == ({"text": "a fox"}, "image/png")
    assert said["request"]["n"] == 3
    assert said["request"]["seed"] == 7
    graphic = cavendish("infographic", data, "--dry-run", "--json").json["request"]
    assert (graphic["aspect_ratio"], graphic["size"]) == ("9:16", "2K")
    assert '- Sales: 4.80\n' in graphic["parts"][0]["text"]  # fmt: skip


def test_the_reason_for_a_default_is_printed(cavendish):
    assert "size 2K: it costs what 1K costs" in cavendish("generate", "x", "--dry-run").err


def test_quiet(cavendish, folder):
    said = cavendish("generate", "a fox", "-s", "1K", "-o", "x.jpg", "--quiet")
    assert (said.code, said.err) == (0, "")
    assert "✓ x.jpg" in said.out
    assert cavendish("generate", "a fox", "--dry-run", "--quiet").err == ""


def test_cost_estimate_part_by_part(cavendish, png):
    tokens = ["cost", "estimate", "a fox", "-n", "3", "--ref", png, "--text", "--search"]
    said = cavendish(*tokens, "--json")
    assert (said.code, said.err) == (0, "")
    shapes.check_dry_run(said.json)
    cost, one = said.json["cost"], said.json["cost_per_picture"]
    assert list(cost["parts"]) == [
        "text", "references", "picture", "thinking", "words", "grounding",
    ]  # fmt: skip
    assert cost["parts"]["grounding"] == {"low": "0", "expected": "0.042", "high": "0.21"}
    assert one["parts"]["references"] == {
        "low": "0.000516", "expected": "0.00112", "high": "0.00224",
    }  # fmt: skip
    assert Money.parse(cost["high"]) == Money(3 * Money.parse(one["high"]).nanos)
    assert said.json["prices"] == {"list": "today", "surface": "gemini"}
    others = {(o["model"], o["size"], o["tier"]): o["cost"] for o in said.json["alternatives"]}
    assert set(others) == {
        (PRO, "1K", "standard"), (PRO, "4K", "standard"), (PRO, "2K", "batch"),
        (PRO, "2K", "flex"), (FLASH, "2K", "standard"),
    }  # fmt: skip
    assert all(set(cost) == {"low", "expected", "high"} for cost in others.values())
    words = cavendish(*tokens).out
    for line in ("Gemini API, standard tier", "text in", "references", "picture", "thinking",
                 "words out", "grounding", "one picture", "3 pictures", "batch"):  # fmt: skip
        assert line in words
    assert "0.134400  0.134400  0.134400" in words


def test_cost_estimate_with_the_prices_of_the_guide(cavendish):
    said = cavendish("cost", "estimate", "a fox", "--prices", "guide", "-s", "4K", "--json").json
    assert said["prices"]["list"] == "guide"
    assert said["cost"]["parts"]["picture"]["high"] == "0.24"
    assert "as in the guide" in cavendish("cost", "estimate", "x", "--prices", "guide").out


def test_cost_advise(cavendish):
    said = cavendish("cost", "advise", "--use", "print-a4", "-m", PRO, "--json")
    assert (said.code, said.err) == (0, "")
    assert set(said.json) == shapes.ADVICE
    assert (said.json["size"], said.json["aspect_ratio"]) == ("4K", "3:4")
    assert said.json["print"]["dpi"] == 410
    words = cavendish("cost", "advise", "--use", "print-a4", "--print-width-mm", "100", "--dpi",
                      "200", "-a", "1:1", "-n", "4").out  # fmt: skip
    assert "✓ 1K 1:1 from gemini-3.1-flash-lite-image" in words
    assert "100 × 100 mm at 260 DPI" in words
    assert "for 4" in words
    short = cavendish("cost", "advise", "--use", "large", "--dpi", "1200").out
    assert "! 4K" in short
    assert "times too few" in short


def test_cost_report(cavendish):
    assert "nothing was bought yet" in cavendish("cost", "report").out
    cavendish("generate", "a fox", "-s", "1K", "--tag", "team=x", "--quiet")
    for by in ("day", "model", "channel", "project", "tag"):  # by category there are several
        words = cavendish("cost", "report", "--by", by)
        assert words.code == 0
        assert ("$0.13" if by == "tag" else "simulated $0.13") in words.out
        found = cavendish("cost", "report", "--by", by, "--json").json
        assert set(found) == {"by", "lines", "total_usd", "simulated_total_usd", "saved"}
        assert (found["by"], found["total_usd"]) == (by, "0")
        (line,) = found["lines"]
        assert set(line) == shapes.REPORT_LINE
        assert (line["realm"], line["pictures"]) == ("simulated", 1)
        assert found["simulated_total_usd"] == line["cost_usd"]


def test_channels(cavendish, monkeypatch, tmp_path):
    monkeypatch.setenv("LAOZHANG_API_KEY", CANARY)
    document = cavendish("channels", "list", "--json").json
    for one in document["channels"]:
        assert set(one) == shapes.CHANNEL
        assert one["usd_2k_pro"] is None or shapes.is_usd(one["usd_2k_pro"])
    said = cavendish("channels", "list")
    assert said.code == 0
    (line,) = (line for line in said.out.splitlines() if line.startswith("laozhang  "))
    row = ["laozhang", "third", "party", "$0.09", "✓", "LAOZHANG_API_KEY", "laozhang.ai"]
    assert line.split() == row
    assert "laozhang charges every call that came back with status 200" in said.out
    assert "· APIYI_API_KEY" in said.out
    assert CANARY not in said.out + str(document)
    priced = cavendish("cost", "estimate", "a fox", "--channel", "laozhang").out
    assert "laozhang, flat per call" in priced
    assert "the call, flat  0.090000  0.090000  0.090000" in priced
    folder = tmp_path / "config" / "cavendish" / "channels"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("x = 1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    wrong = cavendish("channels", "list", "--json")
    assert (wrong.code, wrong.error["type"]) == (2, "SettingsError")
    assert "mine.toml: there is no field 'x'" in wrong.error["message"]


def test_compare(cavendish, monkeypatch):
    monkeypatch.setattr(terminal.out, "_width", 100)
    asked = ("--images", "10000", "-s", "2K", "--references", "2")
    for group in ("channels", "cost"):
        found = cavendish(group, "compare", *asked, "--json").json
        assert set(found) == shapes.COMPARISON
        assert all(set(one) == shapes.WAY for one in found["channels"])
        assert found["workload"]["pixels"] == "2048x2048"
    said = cavendish("channels", "compare", *asked)
    assert said.code == 0
    top = said.out.split(" 1 batch")[0].splitlines()
    assert max(map(len, top)) <= 100
    (header,) = (line for line in top if line.split()[:2] == ["gemini", "vertex"])
    assert header.split()[2:4] == ["apiyi", "laozhang"]
    row = next(line for line in top if "standard, in all" in line)
    assert " ".join(row.split()[3:]) == "$1,398.40 $1,398.40 $900.00 ✓ $900.00 ✓"
    assert "offline" in said.out
    assert "SLA: of generateContent" in said.out
    assert "laozhang may ignore the size" in said.out
    direct = cavendish("channels", "compare", "--require", "direct-google", "--json").json
    assert [one["channel"] for one in direct["channels"]] == ["gemini", "vertex"]
    wrong = cavendish("channels", "compare", "--channel", "laozhang", "--require", "direct-google")
    assert wrong.code == 2


def test_what_the_journal_saw_is_compared_and_drafts_are_not_real(cavendish):
    assert cavendish("generate", "a fox", "-s", "1K", "-o", "fox.png").code == 0
    found = cavendish("channels", "compare", "--json").json["channels"]
    seen = {one["channel"]: one["seen"] for one in found}
    assert (seen["offline"]["attempts"], seen["offline"]["executed_share"]) == (1, 1)
    assert 0 < seen["offline"]["median_s"] < 60
    assert {name for name, one in seen.items() if one is None} == set(seen) - {"offline"}
    assert "as asked" in cavendish("channels", "compare").out


def test_models(cavendish):
    said = cavendish("models", "list")
    assert (said.code, said.err) == (0, "")
    assert all(model in said.out for model in MODELS)
    found = cavendish("models", "list", "--json").json["models"]
    assert [one["id"] for one in found] == MODELS
    assert all(set(one) == shapes.MODEL for one in found)
    shown = cavendish("models", "show", "nano-banana-pro", "--json").json
    assert shown == found[0]
    assert set(shown) == shapes.MODEL
    assert shown["pixels"]["2K"]["16:9"] == "2752x1536"
    assert shown["usd_per_picture"] == {"1K": "0.1344", "2K": "0.1344", "4K": "0.24"}
    assert (shown["notice"], shown["ended"]) == (None, [])
    old = cavendish("models", "show", "gemini-3-pro-image-preview", "--json").json
    assert "was shut down on 2026-06-25" in old["notice"]
    assert {**old, "notice": None} == shown
    assert "is asked instead" in cavendish("models", "show", "gemini-3-pro-image-preview").out
    ended = cavendish("models", "show", "nano-banana-2", "--json").json
    assert (ended["ended"], ended["successor"]) == (["gemini"], FLASH)
    assert "ended 2026-10" in said.out
    assert max(map(len, said.out.splitlines())) <= 80
    words = cavendish("models", "show", FLASH).out
    assert "12288 × 1536" in words
    assert "https://" in words
    for fact in ("$0.0336", "$0.1134", "3,780", "Vertex AI", "batch", "131,072 in", "seed",
                 "minimal, medium, high", "web, image; $0.014 a query", "10 objects"):  # fmt: skip
        assert fact in words


@pytest.mark.parametrize(
    "tokens",
    [[], ["--help"], ["generate", "--help"], ["infographic", "--help"], ["cost", "--help"],
     ["cost", "report", "--help"], ["budget", "set", "--help"], ["models"], ["emulator", "--help"]],
)  # fmt: skip
def test_help(cavendish, tokens):
    said = cavendish(*tokens)
    assert said.code == 0
    assert "Usage" in said.out


def test_the_version(cavendish):
    from cavendish import __version__

    assert cavendish("--version").out.strip() == __version__


def test_a_process_of_its_own(shell, folder):
    said = shell("generate", "-", "-s", "1K", "-o", "x.png", "--json", input="ein Bär 🐻".encode())
    assert (said.code, said.err) == (0, "")
    shapes.check_result(json.loads(said.out))
    assert (folder / "x.png").exists()
    assert shell("models", "list").code == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_terminal_can_be_written_to(shell, folder, monkeypatch, encoding):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    name = b"b\xc3\xa4r-\xff.png"
    for tokens in (["--json"], []):
        said = shell("generate", "ein Bär 🐻", "-s", "1K", "-o", name, *tokens)
        assert (said.code, "Traceback" in said.err) == (0, False), said.err
        if tokens:
            shapes.check_result(json.loads(said.out))
    assert [p for p in folder.iterdir() if p.suffix == ".png"]


def test_a_pipe_that_closes_early_is_no_failure(shell, folder):
    import subprocess
    import sys

    line = f"{sys.executable} -m cavendish models list --json | head -c 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"], capture_output=True, timeout=30, check=False
    )
    assert done.stderr == b""
    assert done.stdout == b"{"


def test_curl_is_printed_and_nothing_is_sent(cavendish, upstream, data, tmp_path):
    for tokens in (["generate", "a fox"], ["infographic", data]):
        words = cavendish(*tokens, "--curl")
        assert (words.code, words.out.splitlines()[0][:12]) == (0, "curl -sS -X ")
        assert "$GEMINI_API_KEY" in words.out
        said = cavendish(*tokens, "--curl", "--json")
        assert said.json["curl"] + "\n" == words.out
    assert upstream.requests == []
    assert not (tmp_path / "home").exists()


def test_a_prompt_from_a_file(cavendish, folder):
    (folder / "prompt.txt").write_text("a fox\nin snow", "utf-8")
    said = cavendish("generate", "--prompt-file", "prompt.txt", "--dry-run", "--json").json
    assert said["request"]["parts"] == [{"text": "a fox\nin snow"}]


def test_everything_a_request_can_say(cavendish):
    said = cavendish(
        "generate", "a fox", "--exact", "2048x1152", "--search", "--thoughts", "--tier", "flex",
        "--safety", "harassment=only-high", "--safety", "hate-speech=off", "--dry-run", "--json",
    ).json["request"]  # fmt: skip
    assert (said["exact"], said["pixels"]) == ("2048x1152", "2752x1536")
    assert (said["size"], said["aspect_ratio"], said["tier"]) == ("2K", "16:9", "flex")
    assert said["search"] == ["web"]
    assert said["safety"] == {"harassment": "only-high", "hate-speech": "off"}
    assert said["thoughts"] is True


def test_an_infographic_of_exact_pixels(cavendish, data):
    said = cavendish("infographic", data, "--exact", "1080x1920", "--dry-run", "--json").json
    request = said["request"]
    assert (request["size"], request["aspect_ratio"]) == ("2K", "9:16")
    assert request["exact"] == "1080x1920"
