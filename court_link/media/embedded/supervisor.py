"""The media workers of one machine: started, watched, and started again when one ends or hangs.

Everything that a worker needs is loaded before it is forked, so a lost worker is back on its ports within a
fraction of a second. Each worker holds one end of a socket pair: it sends a beat along it for as long as its
event loop turns, and ends when the other end closes, so no worker outlives its supervisor.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from court_link.media.embedded import worker
from court_link.media.embedded.worker import WorkerSettings

STARTS_WITHIN = 30.0  # seconds until the first beat of a worker
HUNG = 4.0  # seconds without a beat after which a worker is killed
STEADY = 5.0  # seconds after which a worker that ends is not one that cannot start
LONGEST_WAIT = 5.0  # seconds between two starts of one that cannot
GRACE = 8.0  # seconds that workers have to end when they are asked to

log = logging.getLogger(__name__)


@dataclass(eq=False, slots=True)
class _Child:
    """One worker's process, or the wait for its next one. Times are of the monotonic clock."""

    settings: WorkerSettings
    pid: int | None = None
    line: socket.socket | None = None
    started_at: float = 0.0
    beat_at: float | None = None
    due_at: float = 0.0
    failures: int = 0


@dataclass(eq=False)
class Supervisor:
    """`run` keeps one process for each of these workers until SIGTERM or SIGINT."""

    workers: Sequence[WorkerSettings]
    _children: list[_Child] = field(init=False)
    _stop_by: float | None = field(default=None, init=False)
    _status: int = field(default=0, init=False)

    def run(self) -> int:
        """Answers the exit status: 1 when a worker could not be started at all."""
        self._children = [_Child(settings) for settings in self.workers]
        self._woken, self._wake = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._woken, selectors.EVENT_READ)
        for end in (self._woken, self._wake):
            end.setblocking(False)
        before = signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
        handlers = [signal.signal(number, _nothing) for number in numbers]
        try:
            while self._stop_by is None or any(child.pid for child in self._children):
                self._turn()
        finally:
            for child in self._children:
                if child.pid:
                    os.kill(child.pid, signal.SIGKILL)
                    os.waitpid(child.pid, 0)
            signal.set_wakeup_fd(before)
            for number, handler in zip(numbers, handlers, strict=True):
                signal.signal(number, handler)
            self._selector.close()
            self._woken.close()
            self._wake.close()
        return self._status

    def _turn(self) -> None:
        now = time.monotonic()
        if self._stop_by is None:
            for child in self._children:
                if child.pid is None and child.due_at <= now:
                    self._start(child)
        for key, _ in self._selector.select(self._patience(now)):
            if key.fileobj is self._woken:
                self._signalled()
            else:
                self._heard(key.data, key.data.line)
        self._reap()
        now = time.monotonic()
        for child in self._children:
            if child.pid and self._is_hung(child, now):
                log.error("media worker %s hangs; it is ended", child.settings.node)
                os.kill(child.pid, signal.SIGKILL)
                child.beat_at = now  # once is enough; its end is reported soon

    def _patience(self, now: float) -> float:
        waiting = [child.due_at - now for child in self._children if child.pid is None]
        return max(0.0, min([0.5, *waiting])) if self._stop_by is None else 0.1

    def _is_hung(self, child: _Child, now: float) -> bool:
        if self._stop_by is not None:
            return now > self._stop_by
        if child.beat_at is None:
            return now - child.started_at > STARTS_WITHIN
        return now - child.beat_at > HUNG

    def _signalled(self) -> None:
        for number in self._woken.recv(64):
            if number in (signal.SIGTERM, signal.SIGINT):
                self._stop()

    def _stop(self) -> None:
        if self._stop_by is None:
            self._stop_by = time.monotonic() + GRACE
            for child in self._children:
                if child.pid:
                    os.kill(child.pid, signal.SIGTERM)

    def _heard(self, child: _Child, line: socket.socket) -> None:
        try:
            beats = line.recv(64)
        except OSError:
            beats = b""
        if beats:
            child.beat_at = time.monotonic()
        else:  # it has closed its end, or is ending
            self._selector.unregister(line)
            line.close()
            child.line = None

    def _start(self, child: _Child) -> None:
        line, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            line.close()
            self._become(child.settings, theirs)
        theirs.close()
        line.setblocking(False)
        self._selector.register(line, selectors.EVENT_READ, child)
        child.pid, child.line, child.started_at, child.beat_at = pid, line, time.monotonic(), None

    def _become(self, settings: WorkerSettings, line: socket.socket) -> None:
        """In the child: let go of all that is the supervisor's, carry media, and never return."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            self._selector.close()
            for end in (self._woken, self._wake, *(child.line for child in self._children)):
                if end is not None:
                    end.close()
            worker.run(settings, line)
            status = 0
        except BaseException:
            log.exception("media worker %s ended", settings.node)
        finally:
            os._exit(status)

    def _reap(self) -> None:
        for child in self._children:
            if child.pid is None:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid:
                self._ended(child, os.waitstatus_to_exitcode(status))

    def _ended(self, child: _Child, code: int) -> None:
        now = time.monotonic()
        child.pid = None
        if child.line is not None:
            self._selector.unregister(child.line)
            child.line.close()
            child.line = None
        if self._stop_by is not None:
            return
        if code > 0 and child.beat_at is None and not child.failures:
            self._status = (
                1  # a port that is taken or a setting that is wrong: whoever started us must see it
            )
            self._stop()
            return
        steady = now - child.started_at > STEADY
        child.failures = 0 if steady else child.failures + 1
        wait = 0.0 if child.failures <= 1 else min(LONGEST_WAIT, 0.25 * 2**child.failures)
        child.due_at = now + wait
        log.error("media worker %s ended (%d); it starts again in %.1f s", child.settings.node, code, wait)


def _nothing(*_: object) -> None:
    """The wake-up descriptor tells of the signal."""
