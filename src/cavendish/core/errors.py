"""Every error Cavendish raises. Code reads the facts on the error; it never asks for its class.

CavendishError                 .category .retryable .billed .scope .retry_after_s .http_status
│                              .vendor_code .next_step .docs_url
├─ UsageError (ValueError)     before anything is sent
│  ├─ InvalidRequest           a field the model or we do not take; names the field
│  ├─ UnknownModel             no such model in the catalogue
│  ├─ UnknownChannel           no such channel, or it is not allowed here
│  └─ SettingsError            environment, configuration file or credentials
├─ AdmissionError              we refused; nothing was sent
│  ├─ BudgetExceeded           names the budget, what is spent and what is held
│  ├─ QuotaExhausted           a local limit that will not open in time
│  └─ UnknownPrice             what has no price is not bought
├─ ChannelError                asked, no picture
│  ├─ BadRequest  AuthenticationError  PermissionDenied  NotFound  BillingRequired
│  ├─ RateLimited  DailyQuotaExhausted  Overloaded  InternalError
│  └─ ConnectionFailed  DeadlineExceeded  ProtocolError
├─ NoImage                     a good answer without a picture
│  └─ Blocked                  refused by a safety filter: stage, ratings, the model's words
├─ ContractViolation           a picture, but not the one asked for; it is kept
├─ StorageError                disk full, journal locked, corrupt or too new, blob missing
└─ Interrupted                 stopped by the user or a signal; says what is not known
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

Category = Literal["retryable", "quota", "auth", "safety", "invalid", "fatal"]

__all__ = [
    "AdmissionError",
    "AuthenticationError",
    "BadRequest",
    "BillingRequired",
    "Blocked",
    "BudgetExceeded",
    "Category",
    "CavendishError",
    "ChannelError",
    "ConnectionFailed",
    "ContractViolation",
    "DailyQuotaExhausted",
    "DeadlineExceeded",
    "InternalError",
    "Interrupted",
    "InvalidRequest",
    "NoImage",
    "NotFound",
    "Overloaded",
    "PermissionDenied",
    "ProtocolError",
    "QuotaExhausted",
    "RateLimited",
    "SettingsError",
    "StorageError",
    "UnknownChannel",
    "UnknownModel",
    "UnknownPrice",
    "UsageError",
]


class CavendishError(Exception):
    """What happened, and the facts a program or a person needs to go on.

    `billed` is True, False, or None when nobody can know. `retryable` says whether asking again,
    unchanged, may work; `elsewhere` whether another channel may give what this one did not.
    `details` holds facts for the JSON form (ratings, attempts, path, cost).
    """

    category: ClassVar[Category] = "fatal"
    retryable: ClassVar[bool] = False
    elsewhere: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        next_step: str = "",
        billed: bool | None = False,
        scope: str | None = None,
        retry_after_s: float | None = None,
        http_status: int | None = None,
        vendor_code: str | None = None,
        docs_url: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step
        self.billed = billed
        self.scope = scope
        self.retry_after_s = retry_after_s
        self.http_status = http_status
        self.vendor_code = vendor_code
        self.docs_url = docs_url
        self.details: dict[str, Any] = dict(details or {})

    def add(self, words: str) -> None:
        """Adds to the message what became known only after the error was made."""
        self.message = f"{self.message}; {words}"
        self.args = (self.message,)

    def to_json(self) -> dict[str, Any]:
        """The error document of the command line and the gateway."""
        return {
            "type": type(self).__name__,
            "category": self.category,
            "message": self.message,
            "next_step": self.next_step or None,
            "docs_url": self.docs_url,
            "retryable": self.retryable,
            "billed": self.billed,
            "scope": self.scope,
            "retry_after_s": self.retry_after_s,
            "http_status": self.http_status,
            "vendor_code": self.vendor_code,
            "ratings": self.details.get("ratings", []),
            "findings": self.details.get("findings", []),
            "attempts": self.details.get("attempts", []),
            "path": self.details.get("path"),
            "cost_usd": self.details.get("cost_usd"),
        }


class UsageError(CavendishError, ValueError):
    """Refused before anything was sent: the caller can mend it."""

    category: ClassVar[Category] = "invalid"
    exit_code: ClassVar[int] = 2


class InvalidRequest(UsageError):
    """A field of the request is not acceptable. `field` names it; `accepts` says what is."""

    def __init__(self, field: str, problem: str, *, accepts: Sequence[str] | str = "") -> None:
        options = accepts if isinstance(accepts, str) else ", ".join(accepts)
        super().__init__(f"{field}: {problem}", next_step=f"use {options}" if options else "")
        self.field = field


class UnknownModel(UsageError):
    """The catalogue has no such model."""


class UnknownChannel(UsageError):
    """There is no such channel, or the request's own limits exclude it."""


class SettingsError(UsageError):
    """The environment, a configuration file or the credentials do not add up."""

    elsewhere: ClassVar[bool] = True


class AdmissionError(CavendishError):
    """We refused the request ourselves; nothing was sent and nothing was spent."""

    category: ClassVar[Category] = "quota"
    exit_code: ClassVar[int] = 3


class BudgetExceeded(AdmissionError):
    """The most this request can cost does not fit in a budget. `scope` names the budget."""


class QuotaExhausted(AdmissionError):
    """A local limit is used up and does not open before the deadline."""

    elsewhere: ClassVar[bool] = True


class UnknownPrice(AdmissionError):
    """The catalogue has no price for this request, so it is not bought."""

    category: ClassVar[Category] = "invalid"


class ChannelError(CavendishError):
    """The channel was asked and no picture came."""


class BadRequest(ChannelError):
    """The service refused the request's content or form."""

    category: ClassVar[Category] = "invalid"


class AuthenticationError(ChannelError):
    """The service does not know the key or token."""

    category: ClassVar[Category] = "auth"
    elsewhere: ClassVar[bool] = True


class PermissionDenied(ChannelError):
    """The key is known and not allowed: API not enabled, region, role, leaked key."""

    category: ClassVar[Category] = "auth"
    elsewhere: ClassVar[bool] = True


class NotFound(ChannelError):
    """The service does not know the model or resource."""

    category: ClassVar[Category] = "invalid"
    elsewhere: ClassVar[bool] = True


class BillingRequired(ChannelError):
    """The project has no paid entitlement, or its credit is used up; waiting does not help."""

    category: ClassVar[Category] = "quota"
    elsewhere: ClassVar[bool] = True


class RateLimited(ChannelError):
    """A per-minute limit; it opens again after `retry_after_s`."""

    category: ClassVar[Category] = "quota"
    retryable: ClassVar[bool] = True
    elsewhere: ClassVar[bool] = True


class DailyQuotaExhausted(ChannelError):
    """A per-day limit; it opens at midnight Pacific time."""

    category: ClassVar[Category] = "quota"
    elsewhere: ClassVar[bool] = True


class Overloaded(ChannelError):
    """The service has no capacity at the moment."""

    category: ClassVar[Category] = "retryable"
    retryable: ClassVar[bool] = True
    elsewhere: ClassVar[bool] = True


class InternalError(ChannelError):
    """The service failed inside."""

    category: ClassVar[Category] = "retryable"
    retryable: ClassVar[bool] = True
    elsewhere: ClassVar[bool] = True


class ConnectionFailed(ChannelError):
    """No connection, or it broke. `billed` is False when nothing was sent, else None."""

    category: ClassVar[Category] = "retryable"
    retryable: ClassVar[bool] = True
    elsewhere: ClassVar[bool] = True


class DeadlineExceeded(ChannelError):
    """No answer in time. Whether the service executed and billed the request is not known."""

    category: ClassVar[Category] = "retryable"
    elsewhere: ClassVar[bool] = True


class ProtocolError(ChannelError):
    """The answer is not in the dialect: malformed, over a cap, or from something else."""

    elsewhere: ClassVar[bool] = True


class NoImage(CavendishError):
    """A well-formed answer without a picture. `details["text"]` holds the model's words."""

    category: ClassVar[Category] = "invalid"


class Blocked(NoImage):
    """A safety filter refused. `details`: stage ("prompt" or "output"), reason, ratings, text."""

    category: ClassVar[Category] = "safety"


class ContractViolation(CavendishError):
    """A picture that is not the one asked for; it is paid for and kept.

    `details`: path, findings, cost_usd, and the picture itself as `image`."""

    category: ClassVar[Category] = "invalid"
    exit_code: ClassVar[int] = 4


class StorageError(CavendishError):
    """Journal or blobs cannot be trusted or written; the message says if spending has stopped."""


class Interrupted(CavendishError):
    """Stopped on request, or waiting became pointless. The message says what was sent."""

    exit_code: ClassVar[int] = 130
