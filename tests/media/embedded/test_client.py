"""The control client beside a worker that hangs, goes away, and says too much: it holds up no request."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from court_link.media.embedded.client import LARGEST, LONGEST_LINE, EmbeddedEngine
from court_link.media.engine import EngineEvent, EngineUnavailable, EventKind

NODE = b'{"name":"media-1","epoch":"one","capacity":60,"load":0,"draining":false,"url":"http://elsewhere"}'
WITHIN = 30.0

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Worker:
    """Something that answers HTTP as it is told to; `answers` by the beginning of the path."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {"/events": self.alive, "/node": self.node}
        self.hung = asyncio.Event()
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split()[1].decode()
                self.asked += 1
                await next(answer for start, answer in self.answers.items() if path.startswith(start))(writer)

    async def alive(self, writer: asyncio.StreamWriter) -> None:
        """A stream of events that gives signs of life until the worker hangs."""
        await begin(writer)
        while not self.hung.is_set():
            await chunk(writer, b"\n")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.hung.wait(), 0.2)
        await asyncio.Event().wait()

    async def node(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(NODE), NODE))
        await writer.drain()


async def begin(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Epoch: one\r\nX-Node: media-1\r\n\r\n")
    await writer.drain()


async def chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"%x\r\n%s\r\n" % (len(data), data))
    await writer.drain()


async def silence(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@pytest.fixture
async def worker() -> AsyncIterator[tuple[Worker, EmbeddedEngine]]:
    made = Worker()
    serving: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        serving.add(task)
        try:
            await made.serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    engine = EmbeddedEngine(f"http://127.0.0.1:{port}", "a key")
    try:
        yield made, engine
    finally:
        await engine.aclose()
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


@contextlib.asynccontextmanager
async def listening(engine: EmbeddedEngine) -> AsyncIterator[asyncio.Queue[EngineEvent]]:
    told: asyncio.Queue[EngineEvent] = asyncio.Queue()

    async def listen() -> None:
        async with contextlib.aclosing(engine.events()) as events:
            async for event in events:
                await told.put(event)

    task = asyncio.create_task(listen())
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def next_of(told: asyncio.Queue[EngineEvent]) -> EngineEvent:
    return await asyncio.wait_for(told.get(), WITHIN)


async def test_a_worker_that_hangs_is_lost_and_holds_up_no_request(worker):
    made, engine = worker
    async with listening(engine) as told:
        up = await next_of(told)
        assert (up.kind, up.epoch, up.data["name"]) == (EventKind.NODE_UP, "one", "media-1")
        assert (await engine.nodes())[0].name == "media-1"
        made.answers["/node"] = silence
        waiting = asyncio.create_task(engine.nodes())  # asked before anybody knows
        await asyncio.sleep(0)
        made.hung.set()
        lost = await next_of(told)
        assert (lost.kind, lost.epoch, lost.data["name"]) == (EventKind.NODE_LOST, "one", "media-1")
        with pytest.raises(EngineUnavailable):
            await asyncio.wait_for(waiting, WITHIN)
        asked = made.asked
        with pytest.raises(EngineUnavailable):
            await engine.rooms()
        assert made.asked in {
            asked,
            asked + 1,
        }  # at most the stream was tried again; the request was not sent

        # The positive control: it gives signs of life again, and is asked again.
        made.answers["/node"] = made.node
        made.hung.clear()
        assert (await next_of(told)).kind is EventKind.NODE_UP
        assert (await engine.nodes())[0].name == "media-1"


async def test_a_worker_that_was_never_there_is_lost_by_its_address():
    engine = EmbeddedEngine("http://127.0.0.1:9", "a key")
    async with listening(engine) as told:
        lost = await next_of(told)
        assert (lost.kind, lost.data) == (EventKind.NODE_LOST, {"name": "", "url": "http://127.0.0.1:9"})
    await engine.aclose()


async def test_an_answer_without_end_is_cut_off(worker):
    made, engine = worker

    async def endless(writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        for _ in range(2 * LARGEST // 65536):
            await chunk(writer, b"x" * 65536)
        await asyncio.Event().wait()

    made.answers["/rooms"] = endless
    with pytest.raises(EngineUnavailable):
        await asyncio.wait_for(engine.rooms(), WITHIN)


async def test_an_event_without_end_loses_the_worker(worker):
    made, engine = worker

    async def endless(writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await chunk(writer, b"\n")
        await chunk(writer, b"x" * (LONGEST_LINE + 1))
        await asyncio.Event().wait()

    made.answers["/events"] = endless
    async with listening(engine) as told:
        assert (await next_of(told)).kind is EventKind.NODE_UP
        assert (await next_of(told)).kind is EventKind.NODE_LOST


@pytest.mark.parametrize("status", [b"200 OK", b"500 Oh"])
async def test_nonsense_is_no_answer(worker, status: bytes):
    made, engine = worker

    async def nonsense(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: 4\r\n\r\n[[]]" % status)
        await writer.drain()

    made.answers["/rooms"] = nonsense
    with pytest.raises(EngineUnavailable):
        await engine.rooms()
