"""The splitter against json.loads and base64 as the oracle: any tree, any chunking, any damage."""

from __future__ import annotations

import base64
import itertools
import json
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cavendish.core.errors import ProtocolError
from cavendish.wire import caps
from cavendish.wire.remainder import parse_strict
from cavendish.wire.split import Splitter

SMALL = (
    b'{ "candidates" : [ {"content":{"parts":[{"text":"a \\"data\\": \\\\ \\u0041"},'
    b'{"inlineData":{"data":"iVBOR\\/w0\\u002bGg=","mimeType":"image/png"},'
    b'"thoughtSignature":"Ev\\/r+lQ="},{"inline_data":{"mime_type":"a","data":"AAECAwQF"}}],'
    b'"role":"model"},"finishReason":"STOP","index":0}],"n":-1.5e3,"t":[true,null,{}]}\n'
)


class Pictures:
    def __init__(self):
        self.done = []
        self.open = None

    def begin(self, index):
        assert self.open is None
        assert index == len(self.done)
        self.open = bytearray()

    def write(self, piece):
        assert type(piece) is bytes
        self.open += piece

    def end(self, index):
        assert index == len(self.done)
        self.done.append(bytes(self.open))
        self.open = None


def split(body, cuts=(), keep=False):
    sink = Pictures()
    splitter = Splitter(sink, keep_signatures=keep)
    edges = [0, *sorted(cuts), len(body)]
    for start, end in itertools.pairwise(edges):
        splitter.feed(body[start:end])
    rest = splitter.finish()
    assert rest.pictures == len(sink.done)
    return rest.parse(), sink.done


def oracle(value, pictures, keep=False, inline=False):
    """What the splitter must leave of a parsed tree, in document order."""
    if isinstance(value, list):
        return [oracle(item, pictures, keep) for item in value]
    if not isinstance(value, dict):
        return value
    rest = {}
    for key, item in value.items():
        if inline and key == "data" and isinstance(item, str):
            rest[key] = len(pictures)
            text = re.sub(r"[\r\n]", "", item).translate(str.maketrans("-_", "+/"))
            text += "=" * (-len(text) % 4)
            pictures.append(base64.b64decode(text, validate=True))
        elif key in {"thoughtSignature", "thought_signature"} and isinstance(item, str):
            rest[key] = item if keep else None
        else:
            rest[key] = oracle(item, pictures, keep, key in {"inlineData", "inline_data"})
    return rest


def body_with(text):
    return b'{"inlineData":{"data":"' + text + b'"}}'


KEYS = st.sampled_from(
    ["text", "data", "mimeType", "inlineDat", "thoughtSignature", "thought_signature", 'q"\\', "é"]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text("x", min_size=240, max_size=300),
)
PICTURE = st.binary(min_size=1, max_size=60).map(lambda b: base64.b64encode(b).decode())


@st.composite
def inlines(draw):
    members = [("data", draw(st.one_of(PICTURE, st.none())))]
    if draw(st.booleans()):
        members.append(("mimeType", "image/png"))
    return dict(draw(st.permutations(members)))


@st.composite
def nodes(draw, children):
    node = draw(st.dictionaries(KEYS, children, max_size=4))
    for key in draw(st.sets(st.sampled_from(["inlineData", "inline_data"]))):
        node[key] = draw(inlines())
    return {key: node[key] for key in draw(st.permutations(list(node)))}


TREES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), nodes(inner)), max_leaves=12
)


def written(value, rnd):
    """JSON with random white space and random escapes, also in keys and base64."""
    space = lambda: "".join(rnd.choices(" \t\r\n", k=rnd.choice([0, 0, 1, 3])))  # noqa: E731
    if isinstance(value, str):
        return '"' + "".join(escaped(c, rnd) for c in value) + '"'
    if isinstance(value, list):
        inside = ",".join(space() + written(item, rnd) + space() for item in value)
        return f"[{inside or space()}]"
    if isinstance(value, dict):
        inside = ",".join(
            f"{space()}{written(k, rnd)}{space()}:{space()}{written(v, rnd)}{space()}"
            for k, v in value.items()
        )
        return f"{{{inside or space()}}}"
    return json.dumps(value)


def escaped(char, rnd):
    if char == "/" and rnd.random() < 0.5:
        return "\\/"
    if char in '"\\' or ord(char) < 32 or rnd.random() < 0.1:
        return json.dumps(char)[1:-1] if ord(char) > 0xFFFF else f"\\u{ord(char):04x}"
    return char


@settings(max_examples=400, deadline=None)
@given(TREES, st.randoms(use_true_random=False), st.booleans(), st.data())
def test_any_tree_in_any_chunking_is_what_json_and_base64_say(tree, rnd, keep, data):
    body = written(tree, rnd).encode()
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=12))
    pictures = []
    expected = oracle(json.loads(body), pictures, keep)
    assert split(body, cuts, keep) == (expected, pictures)
    assert split(body, range(len(body)), keep) == (expected, pictures)


def test_every_split_point_of_a_small_answer():
    pictures = []
    expected = oracle(json.loads(SMALL), pictures), pictures
    assert len(pictures) == 2
    for cut in range(len(SMALL)):
        assert split(SMALL, [cut]) == expected
        assert split(SMALL, [cut, cut + 1, cut + 3]) == expected


def test_truncation_at_every_byte_is_a_protocol_error():
    """T30."""
    for end in range(len(SMALL.rstrip())):
        with pytest.raises(ProtocolError) as caught:
            split(SMALL[:end])
        assert caught.value.billed is None
        assert "ends inside" in str(caught.value) or "holds" in str(caught.value)


def test_the_rest_is_kept_byte_for_byte():
    sink = Pictures()
    splitter = Splitter(sink)
    splitter.feed(SMALL)
    rest = splitter.finish().json
    left = SMALL.replace(b'"iVBOR\\/w0\\u002bGg="', b"0").replace(b'"AAECAwQF"', b"1")
    assert rest == left.replace(b'"Ev\\/r+lQ="', b"null")


def test_a_large_answer_in_pieces_of_a_sensible_size():
    picture = random.Random(3).randbytes(1_000_000)
    body = b'{"a":"\xc3\xa9","inlineData":{"data":"' + base64.b64encode(picture) + b'"}}'
    for step in (100, 4095, 65536, len(body)):
        sink = Pictures()
        sizes = []
        write = sink.write
        sink.write = lambda piece, w=write, s=sizes: (s.append(len(piece)), w(piece))
        splitter = Splitter(sink)
        for at in range(0, len(body), step):
            splitter.feed(body[at : at + step])
        splitter.finish()
        assert sink.done == [picture]
        assert max(sizes) <= 56 * 1024
        assert sum(sizes) / len(sizes) > 2500


@pytest.mark.parametrize(
    ("text", "picture"),
    [
        (b"AAECAw==", bytes(range(4))),
        (b"AA\\nECAw==\\r\\n", bytes(range(4))),
        (b"AAECAw\\u003d\\u003D", bytes(range(4))),
        (b"\\/\\/\\u002f\\u002F", b"\xff\xff\xff"),
        (b"\\u002b\\u002B++", b"\xfb\xef\xbe"),
        (b"\\u0041\\u0041EC", b"\x00\x01\x02"),
        (b"AAEC\\u000a\\u000D", b"\x00\x01\x02"),
        (b"__--", b"\xff\xff\xbe"),
        (b"\\u005f_\\u002d-", b"\xff\xff\xbe"),
        (b"_w", b"\xff"),
        (b"_w==", b"\xff"),
        (b"__8", b"\xff\xff"),
        (b"/w==", b"\xff"),
    ],
)
def test_base64_that_is_read(text, picture):
    """T37."""
    body = body_with(text)
    assert split(body) == ({"inlineData": {"data": 0}}, [picture])
    assert split(body, range(len(body)))[1] == [picture]
    long = b"A" * 8192 + text
    assert split(body_with(long))[1] == [bytes(6144) + picture]


@pytest.mark.parametrize("head", [b"data:image/png;base64,", b"data:image\\/png;base64,"])
@pytest.mark.parametrize("size", [3, 9000])
def test_the_head_of_a_data_url_is_no_part_of_the_picture(head, size):
    body = body_with(head + b"AAEC" * (size // 3))
    for cuts in (), range(0, len(body), 61), range(80):
        assert split(body, cuts)[1] == [b"\x00\x01\x02" * (size // 3)]


@pytest.mark.parametrize(
    "text",
    [
        b"data:image/png;base64,",
        b"data:image/png,AAEC",
        b"AAECdata:image/png;base64,AAEC",
        b"",
        b"\\n",
        b"A",
        b"AA",
        b"AAA",
        b"AA=",
        b"/w",
        b"_w=",
        b"A===",
        b"====",
        b"=",
        b"AAAA=",
        b"AA==AAAA",
        b"AA==\\nAAAA",
        b"AAA=A",
        b"=AAA",
        b"AB==",
        b"AAF=",
        b"_x==",
        b"_x",
        b"AA AA",
        b"AA\nAA",
        b"AA\\tAA",
        b"AA\\\\/A",
        b"AA\\",
        b"AA\\u00",
        b"\\u00\\n41AAA",
        b"\\u00\\u0034\\u00311AA",
        b"AA\\xAA",
        b"\\u0100AAA",
        b'AA\\"A',
        b"AA!A",
        b"A\x00AA",
        b"\xc3\xa9AA",
        b"+-AA",
        b"\\u00zzAA",
        b"AAAA,AAAA",
    ],
)
@pytest.mark.parametrize("lead", [0, 8192])
def test_base64_that_is_not(text, lead):
    """T37."""
    if lead and text in {b"", b"\\n"}:
        return
    body = body_with(b"A" * lead + text)
    with pytest.raises(ProtocolError):
        split(body)
    with pytest.raises(ProtocolError):
        split(body, range(0, len(body), 1 if not lead else 61))


@pytest.mark.parametrize("data", [b"0", b"1.5", b"true", b"{}", b'["AAAA"]', b"-"])
def test_picture_data_that_is_no_string_cannot_pass_for_an_index(data):
    with pytest.raises(ProtocolError):
        split(b'{"inlineData":{"data":' + data + b"}}")


def test_null_picture_data_stays():
    assert split(b'{"inlineData":{"data":null}}') == ({"inlineData": {"data": None}}, [])


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":"AAAA"}',
        b'{"inlineData":[{"data":"AAAA"}]}',
        b'{"inlineData":{"x":{"data":"AAAA"}}}',
        b'{"inlineData":{"Data":"AAAA"}}',
        b'["inlineData",{"data":"AAAA"}]',
        b'{"text":"\\"inlineData\\":{\\"data\\":\\"AAAA\\"}"}',
    ],
)
def test_only_structure_makes_a_picture(body):
    assert split(body) == (json.loads(body), [])


def test_keys_are_read_with_their_escapes():
    body = b'{"inline\\u0044ata":{"d\\u0061ta":"AAAA"},"thought\\u0053ignature":"x"}'
    expected = ({"inlineData": {"data": 0}, "thoughtSignature": None}, [b"\0\0\0"])
    for cut in range(len(body)):
        assert split(body, [cut]) == expected


def test_numbers_that_are_none_are_null():
    """A relay that computes a cost of NaN has drawn the picture all the same."""
    assert split(b'{"a":[NaN,-Infinity,Infinity],"b":1}') == ({"a": [None, None, None], "b": 1}, [])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"\xef\xbb\xbf",
        b"{",
        b"{}{}",
        b"{} x",
        b"1 2",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b'{"a"}',
        b'{"a":}',
        b'{"a":1,}',
        b'{"a":1 "b":2}',
        b"{1:2}",
        b'{"a":1]',
        b"[1}",
        b"}",
        b":",
        b"nul",
        b"[1e999]",
        b"[01]",
        b"[+1]",
        b"[" + b"9" * 5000 + b"]",
        b'{"a":1,"a":2}',
        b'{"a":1,"\\u0061":2}',
        b'{"\\ud800":1,"\\ufffd":2}',
        b'{"inlineData":{"data":"AAAA","data":"AAAA"}}',
        b'{"inlineData":{"data":"AAAA"1}}',
        b'{"inlineData":{"data":1"AAAA"}}',
        b'{"inlineData":{"data":"AAAA" "AAAA"}}',
        b'{"a\\q":1}',
        b'{"a\\\xff":1}',
        b'{"a":"\\q"}',
        b'{"a":"\x01"}',
        b'{"a":"\xff"}',
        b'{"\xff":1}',
        b"'a'",
        b"[1]\x00",
        "{}".encode("utf-16"),
        "{}".encode("utf-16-le"),
        b"<html></html>",
        b"[" * 200_000,
        b"[" * 65 + b"]" * 65,
    ],
)
def test_malformed_json_is_a_protocol_error_in_any_chunking(body):
    """T30."""
    for cuts in ([], range(min(len(body), 300))):
        with pytest.raises(ProtocolError) as caught:
            split(body, cuts)
        assert caught.value.billed is None
        assert len(str(caught.value)) < 250


def test_a_byte_order_mark_is_skipped_and_lone_surrogates_are_made_harmless():
    body = b'\xef\xbb\xbf{"a":["\\ud800x","\\ud83d\\ude00"]}'
    for cut in range(len(body)):
        said, _ = split(body, [cut])
        assert said == {"a": ["\ufffdx", "\U0001f600"]}
    assert json.dumps(said, ensure_ascii=False).encode()


@pytest.mark.parametrize("body", [b"5", b"-1e5", b"null", b'"x"', b"[]", b" [ ] ", b"{}\n"])
def test_any_single_value_is_a_document(body):
    assert split(body, range(len(body))) == (json.loads(body), [])


def test_kept_signatures_do_not_count_as_remainder(monkeypatch):
    monkeypatch.setattr(caps, "REMAINDER_BYTES", 100)
    body = b'{"thoughtSignature":"' + b"a" * 5000 + b'"}'
    assert split(body, range(0, 5000, 7), keep=True)[0] == json.loads(body)
    assert split(body)[0] == {"thoughtSignature": None}


@pytest.mark.parametrize(
    ("cap", "value", "within", "over"),
    [
        ("BODY_BYTES", 40, b"[" + b" " * 38 + b"]", b"[" + b" " * 39 + b"]"),
        ("PICTURE_BYTES", 6, body_with(b"A" * 8), body_with(b"A" * 12)),
        ("PICTURES", 1, body_with(b"AAAA"), b"[%s,%s]" % ((body_with(b"AAAA"),) * 2)),
        ("REMAINDER_BYTES", 50, b'["' + b"a" * 46 + b'"]', b'["' + b"a" * 47 + b'"]'),
        ("REMAINDER_BYTES", 50, b"[" + b" " * 48 + b"]", b"[" + b" " * 49 + b"]"),
        (
            "SIGNATURE_BYTES",
            9,
            b'{"thoughtSignature":"aaaaaaaa"}',
            b'{"thoughtSignature":"aaaaaaaaa"}',
        ),
        ("TOKENS", 5, b"[1,2]", b"[1,2,3]"),
        ("DEPTH", 3, b"[[[]]]", b"[[[[]]]]"),
        ("KEY_BYTES", 4, b'{"aaaa":1}', b'{"aaaaa":1}'),
        ("INTEGER_DIGITS", 4, b"[1234]", b"[12345]"),
    ],
)
def test_every_cap(monkeypatch, cap, value, within, over):
    monkeypatch.setattr(caps, cap, value)
    for cuts in ([], "all"):
        split(within, range(len(within)) if cuts else [])
        with pytest.raises(ProtocolError):
            split(over, range(len(over)) if cuts else [])


@pytest.mark.parametrize(
    "piece", [b"[", b"1,", b" ", b'"",', b'"\\\\', b'{"a":', b'{"k', b"\\", b"A"]
)
def test_sixty_four_megabytes_of_nothing_end_early(piece):
    chunk = b"[" + piece * (65536 // len(piece))
    splitter = Splitter(Pictures())
    with pytest.raises(ProtocolError):
        for _ in range(1024):
            splitter.feed(chunk)
            chunk = chunk[1:] if chunk[:1] == b"[" and piece != b"[" else chunk
        splitter.finish()
    assert len(splitter._remainder) <= caps.REMAINDER_BYTES


def test_twenty_thousand_damaged_answers_raise_nothing_but_protocol_error():
    rnd = random.Random(20261122)
    spice = [b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"=", b"\\u", b"data", b"\xff", b"0"]
    read = 0
    for _ in range(20_000):
        body = bytearray(SMALL)
        for _ in range(rnd.choice([1, 1, 2, 5])):
            at = rnd.randrange(len(body))
            end = at + rnd.choice([0, 1, 1, 4])
            body[at:end] = rnd.choice([rnd.choice(spice), rnd.randbytes(1), b""])
        cuts = [rnd.randrange(len(body)) for _ in range(rnd.choice([0, 1, 4]))]
        try:
            split(bytes(body), cuts)
        except ProtocolError:
            continue
        read += 1
        try:
            tree = json.loads(body)
        except ValueError:  # only inside the signature, which is dropped unread
            with pytest.raises(ProtocolError):
                split(bytes(body), keep=True)
            continue
        pictures = []
        assert split(bytes(body)) == (oracle(tree, pictures), pictures)
    assert read > 1000


def test_an_error_of_the_sink_goes_through():
    class Full(Pictures):
        def write(self, piece):
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        splitter = Splitter(Full())
        splitter.feed(SMALL)


def test_strict_parsing_alone_is_bounded():
    with pytest.raises(ProtocolError):
        parse_strict(b"[" * 100_000 + b"]" * 100_000)
    assert parse_strict(b'{"a":1}') == {"a": 1}
