"""References on the command line: roles, splits, checks, and all of it in the dry run."""

from __future__ import annotations

import pytest

from unit.client.references.test_gathering import coded, noise


@pytest.fixture
def photos(folder):
    """Sixteen different pictures, of a size that is good enough."""
    names = [f"p{number}.jpg" for number in range(16)]
    for number, name in enumerate(names, start=1):
        (folder / name).write_bytes(coded(noise(number, 600, 600), "JPEG"))
    return names


def refs(names):
    return [token for name in names for token in ("--ref", name)]


def test_roles_and_weights_are_words_in_the_dry_run(cavendish, photos):
    one, two, three = photos[:3]
    tokens = ["generate", "a fox", "--ref", one, "--ref", f"{two}:character:0.9",
              "--style-ref", f"{three}:0.6", "--dry-run"]  # fmt: skip
    said = cavendish(*tokens, "--json").json
    text = said["request"]["parts"][0]["text"]
    assert text.startswith("a fox\n\nPicture 2 shows a character")
    assert "Picture 3 is a style reference: take its style, at about 60 % strength" in text
    assert "Picture 1" not in text
    assert [(r["name"], r["role"], r["weight"]) for r in said["references"]] == [
        (one, None, None), (two, "character", 0.9), (three, "style", 0.6),
    ]  # fmt: skip
    for shown, part in zip(said["references"], said["request"]["parts"][1:], strict=True):
        assert (shown["sent_bytes"], shown["sha256"]) == (part["bytes"], part["sha256"])
        assert (shown["sent_width"], shown["sent_height"]) == (600, 600)
        assert shown["quality"]["verdict"] in {"good", "usable", "poor"}
    words = cavendish(*tokens)
    assert "Picture 2 shows a character" in words.out


def test_a_plain_reference_leaves_the_prompt_alone(cavendish, photos):
    said = cavendish("generate", "a fox ", "--ref", photos[0], "--dry-run", "--json").json
    assert said["request"]["parts"][0] == {"text": "a fox "}


def test_a_split_is_priced_shown_and_bought(cavendish, photos):
    tokens = ["generate", "a fox", *refs(photos[:15]), "--style-ref", photos[15],
              "--split-references"]  # fmt: skip
    said = cavendish(*tokens, "--dry-run", "--json").json
    assert [len(request["parts"]) for request in said["requests"]] == [10, 9]
    assert said["request"] == said["requests"][0]
    first, second = ([p["sha256"] for p in r["parts"][1:]] for r in said["requests"])
    assert first[-1] == second[-1]
    assert len(said["references"]) == 16
    one = cavendish("generate", "a fox", "--dry-run", "--json").json
    assert float(said["cost"]["low"]) > 2 * float(one["cost"]["low"])
    assert any("split into 2 requests" in line for line in said["warnings"])
    made = cavendish(*tokens, "-o", "x.png", "--channel", "offline", "--json")
    assert made.code == 0, made.out
    assert [one["path"] for one in made.json["pictures"]] == ["x.png", "x-2.png"]
    again = cavendish(*tokens, "-o", "x.png", "--channel", "offline", "--json").json
    assert [one["cached"] for one in again["pictures"]] == [True, True]


def test_too_many_are_refused_with_three_ways_out(cavendish, photos):
    said = cavendish("generate", "a fox", *refs(photos[:15]), "--json")
    assert said.code == 2
    assert said.error["next_step"] == (
        "use at most 14; or ask in several requests: --split-references (split_references=True); "
        "or put several into one picture"
    )
    many = [token for one in photos[:7] for token in ("--ref", f"{one}:object")]
    said = cavendish("generate", "a fox", *many, "--json")
    assert "7 objects given; gemini-3-pro-image takes 6 objects" in said.error["message"]
    assert "or a model that takes them: gemini-" in said.error["next_step"]


@pytest.mark.parametrize("token", ["p0.jpg:style:2", "p0.jpg:object:x"])
def test_a_weight_that_is_none(cavendish, photos, token):
    said = cavendish("generate", "x", "--ref", token, "--dry-run", "--json")
    assert (said.code, said.error["next_step"]) == (2, "use 0..1")


def test_a_misspelt_role_is_named(cavendish, photos):
    said = cavendish("generate", "x", "--ref", "p0.jpg:styl", "--dry-run", "--json")
    assert said.code == 2
    assert "the roles are object, character and style" in said.error["next_step"]


def test_references_check_is_a_table_and_a_document(cavendish, photos, folder):
    (folder / "dark.bmp").write_bytes(coded(noise(3).point(lambda v: v * 0.1), "BMP"))
    words = cavendish("references", "check", photos[0], "dark.bmp")
    assert words.code == 0
    assert "verdict" in words.out
    assert "dark.bmp: too dark" in words.out
    assert "BMP to" in words.out
    said = cavendish("references", "check", photos[0], "dark.bmp", "--json").json["references"]
    assert [one["quality"]["verdict"] for one in said] == ["good", "poor"]
    both = cavendish("references", "check", "gone.png", photos[0], "away.png", "--json")
    assert "gone.png: No such file" in both.error["message"]
    assert "away.png: No such file" in both.error["message"]
    gone = cavendish("references", "check", "gone.png", "--json")
    assert (gone.code, gone.error["type"]) == (2, "InvalidRequest")
