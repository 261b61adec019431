"""The supervisor and its workers: real processes, ended in every way that there is."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from court_link.media.embedded.worker import of_machine
from court_link.settings import Settings
from tests.media.court import answers, children, free_run, listening
from tests.media.rig import KEY, until

WITHIN = 60.0


class Machine:
    """`court-link media` with two workers."""

    def __init__(self, folder: Path, first: int) -> None:
        self.first = first
        given = {
            "MODE": "test",
            "DATA_DIR": str(folder),
            "MEDIA_CONTROL_URL": self.urls[0],
            "MEDIA_CONTROL_KEY": KEY,
            "MEDIA_UDP_PORT": "0",
            "LOG_LEVEL": "error",
        }
        environment = os.environ | {f"COURT_LINK_{name}": value for name, value in given.items()}
        command = [sys.executable, "-m", "court_link", "media", "--workers", "2"]
        self.process = subprocess.Popen(command, env=environment)

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{self.first + number}" for number in range(2)]

    def workers(self) -> list[int]:
        return children(self.process.pid)

    async def ended(self) -> int:
        return await asyncio.to_thread(self.process.wait, WITHIN)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path, free_run(2))
    workers: list[int] = []
    try:
        for url in made.urls:
            answers(url, made.process)
        workers = made.workers()
        yield made
    finally:
        if made.process.poll() is None:
            workers += made.workers()
            made.process.kill()
            made.process.wait()
        for pid in workers:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process runs, and still is a worker."""
    try:
        return b"media" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


async def test_each_worker_has_its_own_name_and_ports(machine: Machine):
    workers = machine.workers()
    assert len(workers) == 2
    assert [machine.first + number in listening(pid) for number, pid in enumerate(sorted(workers))] == [
        True,
        True,
    ]
    names = [
        worker.node
        for worker in of_machine(Settings(mode="test", media_workers=2, media_control_key=SecretStr(KEY)))
    ]
    assert names == ["media-1", "media-2"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_supervisor_that_is_asked_to_end_ends_its_workers_first(
    machine: Machine, number: signal.Signals
):
    workers = machine.workers()
    machine.process.send_signal(number)
    assert await machine.ended() == 0
    assert not any(map(alive, workers))


async def test_no_worker_outlives_its_supervisor(machine: Machine):
    workers = machine.workers()
    machine.process.kill()
    await machine.ended()

    async def gone() -> bool:
        return not any(map(alive, workers))

    await until(gone, WITHIN, "the end of the workers")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP])
async def test_a_worker_that_ends_or_hangs_is_started_again_and_its_neighbour_is_left_alone(
    machine: Machine, number: signal.Signals
):
    before = machine.workers()
    victim = next(pid for pid in before if machine.first in listening(pid))
    os.kill(victim, number)

    async def replaced() -> bool:
        now = machine.workers()
        return victim not in now and any(machine.first in listening(pid) for pid in now)

    await until(replaced, WITHIN, "a new worker")
    assert set(machine.workers()) & set(before) == set(before) - {victim}


async def test_a_port_that_is_taken_ends_it_so_that_somebody_sees_it(tmp_path: Path):
    first = free_run(2)
    with socket.create_server(("127.0.0.1", first + 1)):
        machine = Machine(tmp_path, first)
        assert await machine.ended() == 1
