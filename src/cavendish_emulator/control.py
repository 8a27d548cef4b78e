"""The control routes under `/_emulator`: bill, faults, quotas, relay, clock, reset."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from cavendish_emulator.bill import Bill
from cavendish_emulator.clock import Clock
from cavendish_emulator.delivery import HEADERS
from cavendish_emulator.faults import FaultBoard, FaultError
from cavendish_emulator.google.errors import invalid
from cavendish_emulator.google.uploads import Uploads
from cavendish_emulator.quotas import QuotaError, Quotas
from cavendish_emulator.switches import SwitchError, Switches


def json_response(body: Any, status: int = 200) -> web.Response:
    """A small JSON answer, pretty-printed."""
    text = json.dumps(body, indent=2, ensure_ascii=False) + "\n"
    return web.Response(status=status, body=text.encode("utf-8", "replace"), headers=HEADERS)


class Control:
    """What a test or a person sets and reads beside the service itself."""

    def __init__(self, faults: FaultBoard, quotas: Quotas, clock: Clock) -> None:
        self.faults = faults
        self.quotas = quotas
        self.clock = clock
        self.vices = FaultBoard(faults.named)
        self.bill = Bill()
        self.switches = Switches()
        self.uploads = Uploads(self.switches, clock.now_s)
        self.requests = 0

    def routes(self) -> list[web.RouteDef]:
        """Every control route."""
        return [
            web.get("/_emulator/bill", self.get_bill),
            web.get("/_emulator/faults", self.get_faults),
            web.post("/_emulator/faults", self.post_faults),
            web.get("/_emulator/quotas", self.get_quotas),
            web.post("/_emulator/quotas", self.post_quotas),
            web.get("/_emulator/relay", self.get_relay),
            web.post("/_emulator/relay", self.post_relay),
            web.get("/_emulator/switches", self.get_switches),
            web.post("/_emulator/switches", self.post_switches),
            web.post("/_emulator/clock", self.post_clock),
            web.post("/_emulator/reset", self.post_reset),
        ]

    async def get_bill(self, _request: web.Request) -> web.Response:
        """Everything the emulator has charged since the last reset."""
        return json_response(self.bill.body())

    async def get_faults(self, _request: web.Request) -> web.Response:
        """The faults there are."""
        return json_response(self.faults.described())

    async def post_faults(self, request: web.Request) -> web.Response:
        """Arm faults; answers with what is armed now."""
        try:
            self.faults.arm(await _read(request))
        except FaultError as error:
            raise invalid(str(error)) from None
        armed = [fault.body() for fault in self.faults.armed if fault.left != 0]
        return json_response({"armed": armed})

    async def get_quotas(self, _request: web.Request) -> web.Response:
        """The quotas that are set, and what is used of each."""
        return json_response(self.quotas.body(self.clock.now_s()))

    async def post_quotas(self, request: web.Request) -> web.Response:
        """Set quotas in the place of those there were."""
        try:
            self.quotas.set(await _read(request))
        except QuotaError as error:
            raise invalid(str(error)) from None
        return await self.get_quotas(request)

    async def get_relay(self, _request: web.Request) -> web.Response:
        """The vices the relay has."""
        return json_response({"vices": [vice.body() for vice in self.vices.armed]})

    async def post_relay(self, request: web.Request) -> web.Response:
        """Give the relay vices in the place of those it had."""
        asked = await _read(request)
        try:
            self.corrupt(asked.get("vices") if isinstance(asked, dict) else asked)
        except FaultError as error:
            raise invalid(str(error)) from None
        return await self.get_relay(request)

    def corrupt(self, given: Any) -> None:
        """Give the relay these vices: names, or faults as they are armed. Raises: FaultError."""
        if not isinstance(given, (list, tuple)):
            raise FaultError("vices are a list of names, or of objects as faults are armed")
        items = [{"fault": item} if isinstance(item, str) else item for item in given]
        always = [{**item, "times": None} if isinstance(item, dict) else item for item in items]
        board = FaultBoard(self.vices.named)
        for vice in board.arm(always):
            if {"prompt", "n"} & set(vice.match):
                raise FaultError("match of a vice takes model and path")
        self.vices = board

    async def get_switches(self, _request: web.Request) -> web.Response:
        """Every switch, as it stands."""
        return json_response(self.switches.body())

    async def post_switches(self, request: web.Request) -> web.Response:
        """Set some switches; answers with all of them."""
        try:
            self.switches.set(await _read(request))
        except SwitchError as error:
            raise invalid(str(error)) from None
        return await self.get_switches(request)

    async def post_clock(self, request: web.Request) -> web.Response:
        """Put the clock forward by `advance_s`, for quotas that take a day."""
        asked = await _read(request)
        seconds = asked.get("advance_s") if isinstance(asked, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or seconds < 0:
            raise invalid("advance_s is a number of seconds, 0 or more")
        self.clock.advance(seconds)
        return json_response({"now": self.clock.now().isoformat().replace("+00:00", "Z")})

    async def post_reset(self, _request: web.Request) -> web.Response:
        """Forget bill, faults, the relay's vices, quotas, switches, files and the count."""
        self.bill.clear()
        self.vices.clear()
        self.faults.clear()
        self.quotas.clear()
        self.switches.clear()
        self.uploads.clear()
        self.requests = 0
        return json_response({})


async def _read(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError):
        raise invalid("the body is not JSON") from None
