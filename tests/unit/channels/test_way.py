"""TLS and proxies: verified always, tunnelled only, and a key is inside TLS or stays here."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime
import logging
import re
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cavendish.channels import transport
from cavendish.channels.transport import Transport
from cavendish.channels.way import Way
from cavendish.core.errors import ConnectionFailed, SettingsError
from unit.channels.wires import listening, read_request, response

NAME = "service.test"
KEY = "AIzaCanary-0123456789abcdefghijklmnopqrs"


class Authority:
    """A private certificate authority in a folder."""

    def __init__(self, folder, name="Own Test Authority"):
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._signed(self.name, self.key, is_authority=True))

    def _signed(self, subject, key, *, days=(-1, 30), names=(), is_authority=False):
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
            .sign(self.key, hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)

    def server(self, name, **options):
        """A server's context with a certificate for `name`."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        file = self.folder / f"{name}-server.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + self._signed(subject, key, names=[name], **options)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture(autouse=True)
def name_of_the_service(monkeypatch):
    real = socket.getaddrinfo

    def getaddrinfo(host, port, *rest, **named):
        return real("127.0.0.1" if host == NAME else host, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@contextlib.asynccontextmanager
async def serving(context, seen):
    """A TLS server that keeps what it was asked."""

    async def talk(reader, writer):
        seen.append(await read_request(reader))
        writer.write(response(b"here"))
        await writer.drain()

    async with listening(talk, ssl=context) as port:
        yield f"https://{NAME}:{port}"


@contextlib.asynccontextmanager
async def proxying(log, *, status="200 Connection established"):
    """A real CONNECT proxy; every byte that it sees in the clear is in `log`."""

    async def pump(reader, writer):
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(65536):
                log.append(piece)
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def talk(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        log.append(head)
        writer.write(f"HTTP/1.1 {status}\r\n\r\n".encode())
        await writer.drain()
        if not status.startswith("200"):
            return
        port = int(re.match(rb"CONNECT [^:]+:(\d+) ", head)[1])
        there, back = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(pump(reader, back), pump(there, writer))
        finally:
            back.transport.abort()

    async with listening(talk) as port:
        yield f"http://user:pass-word@127.0.0.1:{port}"


async def post(url, way):
    net = Transport(way=way)
    try:
        async with net.post(url, headers={"x-goog-api-key": KEY}, body=b"{}", timeout_s=5) as said:
            return b"".join([piece async for piece in said.chunks()])
    finally:
        await net.close()


def run(context, *, way, seen=None):
    async def go():
        async with serving(context, seen if seen is not None else []) as url:
            return await post(url, way)

    return asyncio.run(go())


def test_a_private_authority_is_trusted_where_it_is_named(authority):
    context = authority.server(NAME)
    assert run(context, way=Way(ca_file=str(authority.file))) == b"here"
    assert run(context, way=Way(authorities=str(authority.file))) == b"here"


@pytest.mark.parametrize(
    "made",
    [
        lambda a: (a.server(NAME), Way()),
        lambda a: (a.server("elsewhere.test"), Way(ca_file=str(a.file))),
        lambda a: (a.server(NAME, days=(-9, -1)), Way(ca_file=str(a.file))),
        lambda a: (a.server(NAME, days=(5, 9)), Way(ca_file=str(a.file))),
        lambda a: (
            Authority(a.folder, "Another").server(NAME), Way(ca_file=str(a.file)),
        ),
    ],
    ids=["unknown authority", "another host", "expired", "not yet valid", "another authority"],
)  # fmt: skip
def test_a_certificate_that_proves_nothing_is_refused_before_anything_is_sent(authority, made):
    """T47."""
    context, way = made(authority)
    seen = []
    with pytest.raises(ConnectionFailed, match="not trusted") as caught:
        run(context, way=way, seen=seen)
    assert caught.value.billed is False
    assert "ca_file" in caught.value.next_step
    assert not seen


def test_a_handshake_that_breaks_off_was_not_sent(authority):
    """T47."""

    async def go():
        async def talk(reader, writer):
            await reader.read(10)
            writer.write(b"\x16\x03\x01\x00")

        async with listening(talk) as port:
            await post(f"https://{NAME}:{port}", Way(ca_file=str(authority.file)))

    with pytest.raises(ConnectionFailed) as caught:
        asyncio.run(go())
    assert caught.value.billed is False


@pytest.mark.parametrize("silent", ["service", "proxy"])
def test_silence_before_the_request_has_a_deadline_of_its_own(authority, monkeypatch, silent):
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT_S", 0.3)

    async def talk(reader, writer):
        await asyncio.sleep(20)

    async def go():
        async with listening(talk) as port:
            proxy = f"http://127.0.0.1:{port}" if silent == "proxy" else None
            await post(f"https://{NAME}:{port}", Way(ca_file=str(authority.file), proxy=proxy))

    with pytest.raises(ConnectionFailed, match=r"within 0\.3 s") as caught:
        asyncio.run(go())
    assert caught.value.billed is False


@pytest.mark.parametrize("text", [None, "not a certificate"])
def test_a_ca_file_that_is_none_is_said(tmp_path, text):
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    for way in (Way(ca_file=str(file)), Way(authorities=str(file))):
        with pytest.raises(SettingsError, match="holds no certificates"):
            way.context()


def test_through_a_proxy_the_key_is_inside_tls_and_its_use_is_logged(authority, caplog):
    """T47."""
    log, seen = [], []

    async def go():
        async with serving(authority.server(NAME), seen) as url, proxying(log) as proxy:
            return await post(url, Way(ca_file=str(authority.file), proxy=proxy))

    with caplog.at_level(logging.INFO, "cavendish"):
        assert asyncio.run(go()) == b"here"
    clear = b"".join(log)
    assert clear.startswith(f"CONNECT {NAME}:".encode())
    assert base64.b64encode(b"user:pass-word") in clear
    assert KEY.encode() not in clear
    assert seen[0].headers["x-goog-api-key"] == KEY
    assert "through the proxy 127.0.0.1" in caplog.text
    assert "pass-word" not in caplog.text


def test_a_proxy_with_a_certificate_of_its_own_is_refused(authority):
    """T47: it answers CONNECT itself, as an inspecting proxy does."""
    intruder = Authority(authority.folder, "Intruder").server(NAME)
    seen, log = [], []

    async def go():
        async with serving(intruder, seen) as url, proxying(log) as proxy:
            await post(url, Way(ca_file=str(authority.file), proxy=proxy))

    with pytest.raises(ConnectionFailed, match="not trusted") as caught:
        asyncio.run(go())
    assert caught.value.billed is False
    assert not seen


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "502 Bad Gateway"])
def test_a_proxy_that_refuses_was_not_sent_and_its_password_is_not_told(authority, status):
    async def go():
        async with (
            serving(authority.server(NAME), []) as url,
            proxying([], status=status) as proxy,
        ):
            await post(url, Way(ca_file=str(authority.file), proxy=proxy))

    with pytest.raises(ConnectionFailed) as caught:
        asyncio.run(go())
    assert caught.value.billed is False
    assert "pass-word" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "no_proxy", "used"),
    [
        ("https://service.test/x", "", True),
        ("https://service.test/x", "other.test", True),
        ("https://service.test/x", "service.test", False),
        ("https://api.service.test:8443/x", " .service.test ", False),
        ("https://notservice.test/x", "service.test", True),
        ("https://service.test:8443/x", "service.test:8443", False),
        ("https://service.test/x", "*", False),
        ("http://service.test/x", "", False),
        ("https://127.0.0.1/x", "", False),
        ("https://localhost/x", "", False),
        ("https://[::1]:9/x", "", False),
    ],
)
def test_who_goes_through_the_proxy(url, no_proxy, used):
    way = Way(proxy="proxy.test:3128", no_proxy=no_proxy)
    assert way.through(url) == ("http://proxy.test:3128" if used else None)


@pytest.mark.parametrize("proxy", ["socks5://x:1", "http://", "http://h:x", "ftp://user:secret@h"])
def test_a_proxy_that_is_no_address_is_said_without_its_password(proxy):
    with pytest.raises(SettingsError) as caught:
        Way(proxy=proxy).through("https://service.test")
    assert "secret" not in str(caught.value)


@pytest.mark.tree
def test_verification_is_nowhere_turned_off():
    """T47."""
    source = Path(__file__).resolve().parents[3] / "src"
    off = re.compile(r"verify\s*=\s*False|ssl\s*=\s*False|CERT_NONE|CERT_OPTIONAL|"
                     r"check_hostname|_create_unverified|verify_ssl|fingerprint=")  # fmt: skip
    for path in source.rglob("*.py"):
        found = off.search(path.read_text("utf-8"))
        assert found is None, f"{path}: {found}"
