"""What is known of the money after each way in which a connection can fail."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from cavendish.channels import transport
from cavendish.channels.transport import Transport
from cavendish.core.errors import ConnectionFailed, DeadlineExceeded
from unit.channels.wires import (
    answering,
    deaf,
    read_request,
    reset,
    response,
    serving,
    unused_port,
)


async def post(url, *, body=b"{}", headers=None, timeout_s=5.0, net=None):
    """Status, headers and body of one POST."""
    own = net or Transport()
    try:
        async with own.post(url, headers=headers or {}, body=body, timeout_s=timeout_s) as answer:
            return answer.status, dict(answer.headers), b"".join([c async for c in answer.chunks()])
    finally:
        if net is None:
            await own.close()


def test_a_closed_transport_opens_nothing_again():
    """A token that is still being fetched when the client closes left a session open."""

    async def run():
        own = Transport()
        await own.close()
        with pytest.raises(ConnectionFailed, match="was closed") as caught:
            await post("http://127.0.0.1:9/", net=own)
        assert caught.value.billed is False

    asyncio.run(run())


def play(script, **options):
    async def run():
        async with serving(script) as url:
            return await post(url, **options)

    return asyncio.run(run())


def fails(kind, script, **options):
    with pytest.raises(kind) as caught:
        play(script, **options)
    return caught.value


def test_an_answer_arrives_as_it_was_sent():
    body = bytes(range(256)) * 4000
    status, headers, found = play(answering(response(body, X_Thing="Yes")))
    assert (status, headers["x-thing"], found) == (200, "Yes", body)


def test_a_chunked_answer_arrives_without_its_framing():
    data = response(b"", Content_Length=None, Transfer_Encoding="chunked")
    assert play(answering(data + b"5\r\nhello\r\n3\r\n, w\r\n0\r\n\r\n"))[2] == b"hello, w"


def test_the_request_is_ours_to_the_letter():
    """T50."""
    seen = []
    play(answering(response(), seen=seen), body=b"x" * 300_000, headers={"X-Key": "secret"})
    (asked,) = seen
    assert asked.line == "POST / HTTP/1.1"
    assert asked.body == b"x" * 300_000
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["x-key"] == "secret"
    assert "cookie" not in asked.headers


def test_cookies_are_not_kept():
    seen = []

    async def run():
        net = Transport()
        data = response(Set_Cookie="a=b; Path=/", Connection="keep-alive")
        async with serving(answering(data, seen=seen)) as url:
            await post(url, net=net)
            await post(url, net=net)
        await net.close()

    asyncio.run(run())
    assert [("cookie" in asked.headers) for asked in seen] == [False, False]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:{port}", "http://no-such-host.invalid/", "http://127.0.0.1:0"]
)
def test_no_connection_is_not_billed(url):
    with pytest.raises(ConnectionFailed) as caught:
        asyncio.run(post(url.format(port=unused_port())))
    assert caught.value.billed is False
    assert caught.value.retryable


def test_a_connection_that_never_comes_about_is_not_billed_and_may_be_retried(monkeypatch):
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT_S", 0.2)
    with deaf() as url, pytest.raises(ConnectionFailed, match="could not be made") as caught:
        asyncio.run(post(url, timeout_s=30))
    assert caught.value.billed is False


def test_time_that_runs_out_before_connecting_is_not_billed():
    with deaf() as url, pytest.raises(DeadlineExceeded) as caught:
        asyncio.run(post(url, timeout_s=0.2))
    assert caught.value.billed is False


async def reset_after_request(reader, writer):
    await read_request(reader)
    reset(writer)


async def close_after_request(reader, writer):
    await read_request(reader)


async def reset_at_once(reader, writer):
    await reader.read(1)
    reset(writer)


@pytest.mark.parametrize("script", [reset_after_request, close_after_request, reset_at_once])
def test_a_connection_that_breaks_after_the_first_byte_left_is_unknown(script):
    """T43."""
    error = fails(ConnectionFailed, script, body=b"x" * 2_000_000)
    assert error.billed is None
    assert "broke" in error.message


def partly(how):
    async def script(reader, writer):
        await read_request(reader)
        writer.write(response(b"x" * 100_000)[:50_000])
        await writer.drain()
        if how == "reset":
            await asyncio.sleep(0.05)
            reset(writer)

    return script


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_body_cut_off_is_unknown(how):
    """T44."""
    assert fails(ConnectionFailed, partly(how)).billed is None


def test_a_chunked_body_cut_off_is_unknown():
    """T44."""
    data = response(b"", Content_Length=None, Transfer_Encoding="chunked") + b"ff\r\nhello"
    assert fails(ConnectionFailed, answering(data)).billed is None


@pytest.mark.parametrize(
    "data", [b"hello\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x16\x03\x01\x00", b"SSH-2.0-x\r\n"]
)
def test_what_is_not_http_is_unknown(data):
    assert fails(ConnectionFailed, answering(data)).billed is None


def test_silence_ends_at_the_deadline_and_is_unknown():
    error = fails(DeadlineExceeded, answering(response(), pause_s=10), timeout_s=1.99996)
    assert "within 2 s" in str(error)
    assert error.billed is None
    assert not error.retryable


def test_the_deadline_covers_the_last_byte():
    """T42."""

    async def trickle(reader, writer):
        await read_request(reader)
        writer.write(response(b"x" * 1000)[:-1000])
        for _ in range(1000):
            writer.write(b"x")
            await asyncio.sleep(0.02)

    assert fails(DeadlineExceeded, trickle, timeout_s=2).billed is None


def test_a_server_that_does_not_read_ends_at_the_deadline():
    async def script(reader, writer):
        await asyncio.sleep(30)

    assert fails(DeadlineExceeded, script, body=b"x" * 20_000_000, timeout_s=2).billed is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status):
    """T64."""
    seen = []
    data = response(b"", f"{status} Moved", Location="http://127.0.0.1:1/elsewhere")
    found, headers, _ = play(answering(data, seen=seen))
    assert (found, headers["location"]) == (status, "http://127.0.0.1:1/elsewhere")
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("encoding", "press"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_an_answer_that_a_proxy_compressed_is_read(encoding, press):
    data = response(press(b"paid for" * 100_000), Content_Encoding=encoding)
    status, _, body = play(answering(data))
    assert (status, body) == (200, b"paid for" * 100_000)


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_a_compression_that_is_none_is_of_unknown_outcome(encoding):
    data = response(b"not compressed at all", Content_Encoding=encoding)
    assert fails(ConnectionFailed, answering(data)).billed is None


def test_a_bomb_is_inflated_piece_by_piece():
    """256 MiB of zeros in 256 KiB: what reads decides when it is enough."""
    data = response(gzip.compress(bytes(2**28), 6), Content_Encoding="gzip")
    largest = total = 0

    async def run():
        nonlocal largest, total
        net = Transport()
        async with (
            serving(answering(data)) as url,
            net.post(url, headers={}, body=b"", timeout_s=30) as incoming,
        ):
            async for chunk in incoming.chunks():
                largest, total = max(largest, len(chunk)), total + len(chunk)
                if total > 2**25:
                    break
        await net.close()

    asyncio.run(run())
    assert 0 < largest < 2**23


def test_a_kept_connection_is_used_again_and_a_dead_one_is_not_retried_behind_our_back():
    """T49."""
    seen = []

    async def script(reader, writer):
        seen.append(await read_request(reader))
        writer.write(response(Connection="keep-alive"))
        await writer.drain()
        seen.append(await read_request(reader))
        reset(writer)

    async def run():
        net = Transport()
        async with serving(script) as url:
            await post(url, net=net)
            with pytest.raises(ConnectionFailed) as caught:
                await post(url, net=net)
        await net.close()
        return caught.value

    assert asyncio.run(run()).billed is None
    assert len(seen) == 2, "it may have been billed: nobody but `decide` repeats it"


def test_a_kept_connection_that_the_server_has_closed_is_not_used():
    """T49."""
    seen = []

    async def script(reader, writer):
        seen.append(await read_request(reader))
        writer.write(response(b"here", Connection="keep-alive"))
        await writer.drain()  # and closes

    async def run():
        net = Transport()
        async with serving(script) as url:
            for _ in range(3):
                assert (await post(url, net=net))[2] == b"here"
                await asyncio.sleep(0.05)
        await net.close()

    asyncio.run(run())
    assert len(seen) == 3


def test_a_cancelled_call_gives_its_connection_to_nobody():
    async def script(reader, writer):
        asked = await read_request(reader)
        if asked.body == b"first":
            await asyncio.sleep(0.3)
        writer.write(response(asked.body, Connection="keep-alive"))
        await writer.drain()
        await asyncio.sleep(1)

    async def run():
        net = Transport()
        async with serving(script) as url:
            first = asyncio.ensure_future(post(url, body=b"first", net=net))
            await asyncio.sleep(0.1)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            found = await post(url, body=b"second", net=net)
        await net.close()
        return found

    assert asyncio.run(run())[2] == b"second"


def test_it_speaks_over_a_unix_socket(tmp_path):
    async def run():
        where = tmp_path / "s"
        server = await asyncio.start_unix_server(
            lambda r, w: _once(r, w, response(b"here")), path=where
        )
        net = Transport(socket=where)
        found = await post("http://emulator/", net=net)
        await net.close()
        server.close()
        return found

    async def _once(reader, writer, data):
        await read_request(reader)
        writer.write(data)
        await writer.drain()
        writer.close()

    assert asyncio.run(run())[2] == b"here"


def test_a_unix_socket_nobody_serves_is_not_billed(tmp_path):
    with pytest.raises(ConnectionFailed) as caught:
        asyncio.run(post("http://emulator/", net=(net := Transport(socket=tmp_path / "none"))))
    assert caught.value.billed is False
    asyncio.run(net.close())
