"""The way out of this machine: which authorities are trusted, and which proxy is in between.

Verification is never off: whoever stands in between with a certificate of his own is trusted only
where the user names his authority.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from cavendish.core.errors import SettingsError

__all__ = ["Way"]


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach a provider.

    `ca_file` is trusted beside the system's authorities; `authorities` is a file that stands in
    their place, as SSL_CERT_FILE does. `proxy` is an http(s) address, with which only https is
    spoken through (CONNECT), and never to this machine or a host in `no_proxy`.
    """

    ca_file: str | None = None
    authorities: str | None = None
    proxy: str | None = None
    no_proxy: str = ""

    def context(self) -> ssl.SSLContext:
        """Verifies certificates and names. Raises: SettingsError when a file holds no authority."""
        name, file = "SSL_CERT_FILE", self.authorities
        try:
            made = ssl.create_default_context(cafile=self.authorities)
            if self.ca_file is not None:
                name, file = "ca_file", self.ca_file
                made.load_verify_locations(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"{name}: {file} holds no certificates ({error.strerror or 'not a PEM file'})",
                next_step="name a PEM file with your authority's certificate",
            ) from error
        return made

    def through(self, url: str) -> str | None:
        """The proxy for `url`, or None for the direct way.

        Raises: SettingsError when the proxy is no address.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self.proxy is None or parts.scheme != "https" or is_here(host):
            return None
        if _is_exempt(host, parts.netloc.rpartition("@")[2].lower(), self.no_proxy):
            return None
        return _checked(self.proxy)


def _checked(proxy: str) -> str:
    """The address. Errors never show it: it may hold a password."""
    address = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"http", "https"} and parts.hostname and (parts.port or True)
    except ValueError:
        good = False
    if not good:
        raise SettingsError(
            "proxy: is not an address such as http://proxy.example:8080",
            next_step="mend or unset proxy or HTTPS_PROXY",
        )
    return address


def _is_exempt(host: str, authority: str, no_proxy: str) -> bool:
    """NO_PROXY as everybody reads it: hosts, their subdomains, host:port, or a star for all."""
    for entry in no_proxy.lower().split(","):
        name = entry.strip().lstrip(".")
        if name and (name in {"*", host, authority} or host.endswith(f".{name}")):
            return True
    return False


def is_here(host: str) -> bool:
    """Whether a host is this machine: what is said to it leaves no cable."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
