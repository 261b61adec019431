"""The worker's control: a small HTTP application for the broker alone, behind one shared key."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from court_link.domain.errors import CourtLinkError
from court_link.media.embedded import wire
from court_link.media.embedded.forwarder import Forwarder
from court_link.media.embedded.recorder import Recorder
from court_link.media.engine import NoSuchRecording

LONGEST = 1 << 20  # bytes of a request
JSON = "application/json"

Endpoint = Callable[[Request], Awaitable[Response]]


class Control:
    """The routes over one forwarder and its recorder; without one there are no recordings."""

    def __init__(self, forwarder: Forwarder, key: str, recorder: Recorder | None = None) -> None:
        if not key:
            raise ValueError("the control key must not be empty")
        self._forwarder = forwarder
        self._recorder = recorder
        self._key = key.encode()
        self._registry = CollectorRegistry()
        self._registry.register(_Figures(forwarder))
        self.app = Starlette(
            routes=[
                Route("/healthz", self._health),
                Route("/metrics", self._guarded(self._metrics)),
                Route("/node", self._guarded(self._node)),
                Route("/drain", self._guarded(self._drain), methods=["POST"]),
                Route("/events", self._guarded(self._events)),
                Route("/rooms", self._guarded(self._rooms)),
                Route("/rooms/{room}", self._guarded(self._room), methods=["GET", "PUT", "DELETE"]),
                Route("/rooms/{room}/statistics", self._guarded(self._statistics)),
                Route("/rooms/{room}/links/{link}/session", self._guarded(self._negotiate), methods=["POST"]),
                Route("/recordings/{recording}", self._guarded(self._recording), methods=["GET", "DELETE"]),
                Route("/recordings/{recording}/{file}", self._guarded(self._recorded)),
                Route("/sessions/{session}", self._guarded(self._session), methods=["PATCH", "DELETE"]),
            ]
        )

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        """Only for the key's holder; refusals become JSON that the broker's side turns back."""

        async def guarded(request: Request) -> Response:
            scheme, _, key = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not hmac.compare_digest(key.encode(), self._key):
                return PlainTextResponse("Who are you?", 401, {"WWW-Authenticate": "Bearer"})
            try:
                return await endpoint(request)
            except CourtLinkError as error:
                for name, (kind, status) in wire.ERRORS.items():
                    if isinstance(error, kind):
                        return JSONResponse({"error": name, "message": error.message}, status)
                raise

        return guarded

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"epoch": self._forwarder.epoch, "udp_port": self._forwarder.port.number})

    async def _metrics(self, request: Request) -> Response:
        return PlainTextResponse(generate_latest(self._registry))

    async def _node(self, request: Request) -> Response:
        return Response(wire.NODE.dump_json(self._forwarder.node()), media_type=JSON)

    async def _drain(self, request: Request) -> Response:
        self._forwarder.drain()
        return Response(status_code=204)

    async def _rooms(self, request: Request) -> Response:
        return Response(wire.NAMES.dump_json(tuple(self._forwarder.rooms)), media_type=JSON)

    async def _room(self, request: Request) -> Response:
        name = request.path_params["room"]
        if request.method == "DELETE":
            self._forwarder.close_room(name)
            return Response(status_code=204)
        if request.method == "PUT":
            try:
                desired = wire.ROOM.validate_json(await _body(request))
            except ValidationError as error:
                return PlainTextResponse(str(error), 422)
            if desired.room != name:
                return PlainTextResponse("The room's name differs from its address.", 422)
            snapshot = self._forwarder.apply(desired)
        else:
            snapshot = self._forwarder.snapshot(name)
        return Response(wire.SNAPSHOT.dump_json(snapshot), media_type=JSON)

    async def _statistics(self, request: Request) -> Response:
        figures = self._forwarder.statistics(request.path_params["room"])
        return Response(wire.STATISTICS.dump_json(figures), media_type=JSON)

    async def _negotiate(self, request: Request) -> Response:
        offer = (await _body(request)).decode("utf-8", "replace")
        room, link = request.path_params["room"], request.path_params["link"]
        session = self._forwarder.negotiate(room, link, offer)
        return Response(wire.SESSION.dump_json(session), 201, media_type=JSON)

    async def _session(self, request: Request) -> Response:
        identity = request.path_params["session"]
        if request.method == "DELETE":
            self._forwarder.end(identity)
            return Response(status_code=204)
        fragment = (await _body(request)).decode("utf-8", "replace")
        session = self._forwarder.restart(identity, request.headers.get("if-match", ""), fragment)
        return Response(wire.SESSION.dump_json(session), media_type=JSON)

    async def _recording(self, request: Request) -> Response:
        name = request.path_params["recording"]
        if self._recorder is None:
            raise NoSuchRecording
        if request.method == "DELETE":
            await asyncio.to_thread(self._recorder.destroy, name)
            return Response(status_code=204)
        running = any(room.recording == name for room in self._forwarder.rooms.values())
        manifest = None if running else self._recorder.manifest(name)
        return Response(wire.MANIFEST.dump_json(manifest), media_type=JSON)

    async def _recorded(self, request: Request) -> Response:
        """One file, or the range of it that was asked for (RFC 9110, 14)."""
        name, file = request.path_params["recording"], request.path_params["file"]
        path = self._recorder.file(name, file) if self._recorder is not None else None
        if path is None:
            raise NoSuchRecording
        return FileResponse(path, media_type="video/webm")

    async def _events(self, request: Request) -> Response:
        follow = self._forwarder.events.follow(request.query_params.get("after"))

        async def lines() -> AsyncIterator[bytes]:
            yield b"\n"
            async for event in follow:
                yield wire.EVENT.dump_json(event) + b"\n" if event else b"\n"

        headers = {"X-Epoch": self._forwarder.epoch, "X-Node": self._forwarder.node().name}
        return StreamingResponse(lines(), media_type="application/jsonl", headers=headers)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise HTTPException(413)
    return bytes(body)


class _Figures(Collector):
    """The forwarder's figures for Prometheus, read when they are asked for."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder

    def collect(self) -> list[Metric]:
        forwarder = self._forwarder
        counters = forwarder.counters()
        gauges = {
            "rooms": len(forwarder.rooms),
            "sessions": len(forwarder.sessions),
            "capacity": forwarder.node().capacity,
        }
        counts = {name: getattr(counters, name) for name in counters.__slots__}
        counts |= {"dropped": forwarder.port.dropped, "faults": forwarder.faults}
        return [
            *(GaugeMetricFamily(f"court_link_media_{name}", name, value) for name, value in gauges.items()),
            *(CounterMetricFamily(f"court_link_media_{name}", name, value) for name, value in counts.items()),
        ]
