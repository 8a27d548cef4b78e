"""The promised JSON shapes, and a check that a document has exactly one of them."""

from __future__ import annotations

import re

ERROR = {
    "type", "category", "message", "next_step", "docs_url", "retryable", "billed", "scope",
    "retry_after_s", "http_status", "vendor_code", "ratings", "findings", "attempts",
    "path", "cost_usd",
}  # fmt: skip
RESULT = {"path", "pictures", "cost_usd", "realm", "warnings"}
PICTURE = {
    "path", "original_path", "sha256", "width", "height", "mime", "model", "channel", "text",
    "thoughts", "usage", "cost_usd", "billed", "cached", "offline", "elapsed_s", "attempts",
    "request_id", "rate_limit", "warnings", "sources", "others",
}  # fmt: skip
USAGE = {"input_text", "input_image", "output_text", "output_thinking", "output_image"}
ATTEMPT = {"channel", "outcome", "wait_s", "cost_usd"}
INFOGRAPHIC = RESULT | {
    "success", "url", "generation_time_s", "findings", "verified", "error", "resume",
}  # fmt: skip
DRY_RUN = {"request", "channel", "model", "cost", "warnings"}
REPORT_LINE = {
    "realm", "group", "pictures", "attempts", "cost_usd", "presumed_usd", "held_usd",
    "hits", "spared_usd",
}  # fmt: skip
BUDGET = {
    "scope", "limit_usd", "spent_usd", "held_usd", "left_usd", "percent", "ends",
}  # fmt: skip
ROOM = {"has_room", "pictures", "fits", "scope", "message", "next_step"}
MODEL = {
    "id", "name", "aliases", "status", "released", "default_size", "sizes", "aspect_ratios",
    "pixels", "usd_per_picture", "references", "temperature", "seed", "thinking", "checked",
    "sources", "ends", "successor", "surfaces", "references_by_role", "thinking_default",
    "thinking_always", "search", "input_tokens", "output_tokens", "output_mime", "ended",
    "notice", "locations", "reference_px", "thinking_tokens", "usd_per_query",
}  # fmt: skip
CHANNEL = {
    "name", "title", "kind", "direct_google", "third_party", "realm", "base_url", "auth",
    "usd_2k_pro", "usd_per_call", "vices", "checked", "sources", "file", "probed",
    "latencies_s",
}  # fmt: skip
COMPARISON = {
    "workload", "prices", "newest_model", "cheapest", "channels", "warnings",
}  # fmt: skip
WAY = {
    "channel", "title", "kind", "direct_google", "third_party", "opt_in", "realm", "sold",
    "why_not", "ends", "prices", "checked", "sources", "models", "has_newest", "locations",
    "limits", "search", "thinking", "seen", "features", "compliance", "vices",
}  # fmt: skip
PARTS = {"text", "references", "picture", "thinking", "words", "grounding"}
ADVICE = {
    "use", "wanted_pixels", "model", "size", "aspect_ratio", "pixels", "enough", "cost_usd",
    "cut", "n", "total_usd", "instead_of", "saving_usd", "print", "reason", "source", "warnings",
}  # fmt: skip
CATEGORIES = {"retryable", "quota", "auth", "safety", "invalid", "fatal"}
USD = re.compile(r"\d+(\.\d{1,9})?", re.ASCII)


def is_usd(text):
    return isinstance(text, str) and USD.fullmatch(text) is not None


def check_error(error):
    """An error, as promised."""
    assert set(error) == ERROR
    assert error["category"] in CATEGORIES
    assert error["message"]
    assert error["billed"] in {True, False, None}
    assert error["cost_usd"] is None or is_usd(error["cost_usd"])
    for attempt in error["attempts"]:
        assert set(attempt) == ATTEMPT


def check_picture(one):
    """A picture or the error in its place."""
    if set(one) == {"error"}:
        check_error(one["error"])
        return
    assert set(one) == PICTURE
    assert one["usage"] is None or set(one["usage"]) == USAGE
    assert is_usd(one["cost_usd"])
    assert isinstance(one["elapsed_s"], float)
    assert re.fullmatch("[0-9a-f]{64}", one["sha256"])
    for attempt in one["attempts"]:
        assert set(attempt) == ATTEMPT
        assert is_usd(attempt["cost_usd"])


def check_result(document, keys=RESULT):
    """The result of generate, or with other keys of infographic."""
    assert set(document) == keys
    assert is_usd(document["cost_usd"])
    assert document["realm"] in {"real", "simulated"}
    assert document["pictures"]
    for one in document["pictures"]:
        check_picture(one)


def check_dry_run(document):
    """What would be sent."""
    assert set(document) >= DRY_RUN
    for whole in (document["cost"], document["cost_per_picture"]):
        assert set(whole) == {"low", "expected", "high", "parts"}
        assert {"text", "picture"} <= set(whole["parts"]) <= PARTS
        for cost in (whole, *whole["parts"].values()):
            assert all(is_usd(cost[name]) for name in ("low", "expected", "high"))
        for part in whole["parts"].values():
            assert set(part) == {"low", "expected", "high"}
    assert set(document["prices"]) == {"list", "surface"}
    for part in document["request"]["parts"]:
        assert set(part) in ({"text"}, {"mime", "bytes", "sha256"})
