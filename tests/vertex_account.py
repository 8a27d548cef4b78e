"""A service account of nobody: a fresh RSA key whose token endpoint is on this machine."""

from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def private_key():
    """A key in PEM, made once for all tests."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def service_account(url, **changed):
    """The JSON key of a service account; tokens are fetched at `url`/token."""
    return {
        "type": "service_account",
        "project_id": "p-1",
        "private_key_id": "f00d",
        "private_key": private_key(),
        "client_email": "painter@p-1.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{url}/token",
        "universe_domain": "googleapis.com",
        **changed,
    }
