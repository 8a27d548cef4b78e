"""Every command that does work has a Python twin."""

from __future__ import annotations

import inspect

from cavendish import Client
from cavendish.apps.cli.chat import send as chat_send
from cavendish.apps.cli.flags import CallFlags, RequestFlags
from cavendish.apps.cli.main import app
from cavendish.client.blocking import BlockingChat
from cavendish.client.calls.options import RequestOptions

TWINS = {
    "generate": "generate",
    "infographic": "infographic",
    "cost estimate": "estimate",
    "cost advise": "advise",
    "cost plan": "plan",
    "cost report": "report",
    "cost verify": "ledger.verify",
    "cost audit": "ledger.audit",
    "cost reconcile": "ledger.reconcile",
    "cache stats": "cache.stats",
    "cache clear": "cache.clear",
    "budget set": "budgets.set",
    "budget list": "budgets.list",
    "budget alerts": "budgets.alerts",
    "budget remove": "budgets.remove",
    "budget zone": "budgets.zone",
    "chat list": "chats.list",
    "chat show": "chats.show",
    "chat undo": "chats.undo",
    "chat export": "chats.export_to",
    "chat import": "chats.import_from",
    "prune": "prune",
    "backup": "backup",
    "restore": "restore",
    "doctor": "doctor",
    "channels list": "channels.list",
    "channels compare": "channels.compare",
    "cost compare": "channels.compare",
    "channels probe": "channels.probe",
    "channels evaluate": "channels.evaluate",
    "quota show": "quota.show",
    "quota tiers": "quota.tiers",
    "quota dossier": "quota.dossier",
    "references check": "references.check",
    "explain": "explain",
    "models list": "models.list",
    "models show": "models.show",
}
DOORS = {"emulator", "completion"}


def commands(group, path=()):
    for name in group:
        if name.startswith("-"):
            continue
        below = list(commands(group[name], (*path, name)))
        yield from below or [" ".join((*path, name))]


def twin(path):
    found = Client
    for name in path.split("."):
        found = getattr(found, name)
        if isinstance(found, property) or hasattr(found, "func"):
            getter = found.fget if isinstance(found, property) else found.func
            found = {
                "BlockingBudgets": None,
                "Models": None,
                "Chats": None,
                **vars(inspect.getmodule(Client)),
            }[inspect.signature(getter).return_annotation]
    return found


def test_every_command_has_its_twin():
    assert set(commands(app)) == set(TWINS) | DOORS
    for path in TWINS.values():
        assert callable(twin(path)), path
        assert inspect.getdoc(twin(path)), path


def test_a_turn_of_a_chat_has_its_twin():
    """`chat NEW|ID PROMPT` is no command by name: it is what `chat` does by itself."""
    send, chat = inspect.signature(chat_send).parameters, inspect.signature(BlockingChat.send)
    shared = {"which", "prompt", "prompt_file", "request", "call", "say"}
    own = {"size", "aspect_ratio", "output", "title", "options", "self", "prompt"}
    assert set(send) - shared == set(chat.parameters) - own


def test_flags_are_arguments():
    request, call = RequestFlags().options(), CallFlags().options()
    generate = inspect.signature(Client.generate).parameters
    estimate = {"size", "aspect_ratio", *RequestOptions.__annotations__}
    assert set(request) == estimate
    assert set(generate) - {"self", "prompt", "output", "title"} == set(request) | set(call)


def test_flags_have_the_defaults_of_the_arguments():
    generate = inspect.signature(Client.generate).parameters
    for name, value in (RequestFlags().options() | CallFlags().options()).items():
        default = generate[name].default
        assert value == ({} if name == "tags" else default), name
