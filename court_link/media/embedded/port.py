"""One UDP port for every participant: datagrams in and out in batches (recvmmsg(2), sendmmsg(2)).

The buffers live outside Python's heap for as long as the port does. A received datagram is worked on in place
in its *slot*; one to be sent is written into the next outgoing slot. Nothing is queued: what the kernel will
not take at the moment of `flush` is dropped, because late media is worse than lost media.

Linux on a 64-bit machine only: the layout of `struct mmsghdr` is checked when the module is loaded.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any

from cffi import FFI  # type: ignore[import-untyped]

ffi = FFI()
ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                    void *msg_control; size_t msg_controllen; int msg_flags; };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int recvmmsg(int fd, struct mmsghdr *vec, unsigned int vlen, int flags, void *timeout);
    int sendmmsg(int fd, struct mmsghdr *vec, unsigned int vlen, int flags);
    """
)
libc: Any = ffi.dlopen(None)

WORDS = 8  # 64-bit words of one mmsghdr
if ffi.sizeof("struct mmsghdr") != 8 * WORDS:
    raise ImportError("the media worker needs Linux on a 64-bit machine")

SLOT = 2048  # bytes of one buffer: an Ethernet frame, the SRTP trailer and room to spare
BATCH_IN = 64
BATCH_OUT = 256
ROUNDS = 4  # batches read in one wakeup, so that timers and signalling get their turn
CONTROL = 32  # one timestamp: cmsghdr and timespec
SO_TIMESTAMPNS = 35
KERNEL_BUFFER = 4 << 20

Receive = Callable[[int, int, bytes, float], None]


class Port:
    """The socket and its slots.

    `receive(slot, length, address, arrived)` is called for each datagram; `address` is the peer's raw
    sockaddr, `arrived` the kernel's POSIX time in seconds. It must not raise.
    """

    def __init__(self, host: str, port: int, receive: Receive) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BUFFER)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((host, port))
        self.number: int = self.socket.getsockname()[1]
        self.dropped = 0  # datagrams that the kernel would not take
        self._receive = receive
        self._fd = self.socket.fileno()
        name_length = 28 if family == socket.AF_INET6 else 16

        self._in, self._in_memory = _vector(BATCH_IN, name_length, CONTROL)
        self._in_lengths = memoryview(ffi.buffer(self._in)).cast("B").cast("I")
        self._in_times = memoryview(ffi.buffer(self._in_memory[3])).cast("B").cast("Q")
        self._in_names = [
            ffi.buffer(self._in_memory[2] + i * name_length, name_length) for i in range(BATCH_IN)
        ]
        self.pointers = [self._in_memory[0] + i * SLOT for i in range(BATCH_IN)]
        self.views = _views(self._in_memory[0], BATCH_IN)

        self._out, self._out_memory = _vector(BATCH_OUT, name_length, 0)
        self._out_words = memoryview(ffi.buffer(self._out)).cast("B").cast("Q")
        self._out_lengths = memoryview(ffi.buffer(self._out_memory[1])).cast("B").cast("Q")
        self.out_pointers = [self._out_memory[0] + i * SLOT for i in range(BATCH_OUT)]
        self.out_views = _views(self._out_memory[0], BATCH_OUT)
        self._next = 0

    def readable(self) -> None:
        """Take what has arrived; called by the event loop when there is something."""
        receive, lengths, times, names = self._receive, self._in_lengths, self._in_times, self._in_names
        for _ in range(ROUNDS):
            count = libc.recvmmsg(self._fd, self._in, BATCH_IN, socket.MSG_DONTWAIT, ffi.NULL)
            for i in range(count):
                arrived = times[4 * i + 2] + times[4 * i + 3] * 1e-9
                receive(i, lengths[16 * i + 14], names[i][:], arrived)
            self.flush()
            if count < BATCH_IN:
                return

    def slot(self) -> int:
        """The next outgoing slot to write into; give it to `send` or leave it."""
        if self._next == BATCH_OUT:
            self.flush()
        return self._next

    def send(self, slot: int, length: int, address: int) -> None:
        """Send the slot's first `length` bytes at the next flush; `address` is from `address_of`."""
        self._out_lengths[2 * slot + 1] = length
        self._out_words[WORDS * slot] = address
        self._next = slot + 1

    def flush(self) -> None:
        """Hand what was sent to the kernel, which takes it now or never."""
        count, self._next = self._next, 0
        done = 0
        while done < count:
            sent = libc.sendmmsg(self._fd, self._out + done, count - done, socket.MSG_DONTWAIT)
            if sent > 0:
                done += sent
            elif ffi.errno in (errno.EAGAIN, errno.ENOBUFS):
                self.dropped += count - done
                return
            else:  # this one datagram cannot be sent: its network is gone, or it is too long
                self.dropped += 1
                done += 1

    def send_bytes(self, data: bytes, address: int) -> None:
        """Send one datagram that is not on the fast path, at once."""
        slot = self.slot()
        self.out_views[slot][: len(data)] = data
        self.send(slot, len(data), address)
        self.flush()

    def close(self) -> None:
        """Close the socket; the caller has taken it off the event loop."""
        self.socket.close()


def sockaddr(raw: bytes) -> Any:
    """A peer's raw address in memory that the kernel can read for as long as the value is held."""
    return ffi.new("char[]", raw)


def address_of(held: Any) -> int:
    """Where in memory a `sockaddr` stands."""
    return int(ffi.cast("uintptr_t", held))


def readable_address(raw: bytes) -> tuple[str, int]:
    """Host and port of a raw IPv4 or IPv6 sockaddr."""
    port = int.from_bytes(raw[2:4], "big")
    if len(raw) == 16:
        return socket.inet_ntop(socket.AF_INET, raw[4:8]), port
    host = socket.inet_ntop(socket.AF_INET6, raw[8:24])
    return host.removeprefix("::ffff:"), port


def _vector(count: int, name_length: int, control_length: int) -> tuple[Any, tuple[Any, ...]]:
    """`count` message headers over fresh memory: (buffers, iovecs, names, controls)."""
    vector = ffi.new("struct mmsghdr[]", count)
    buffers = ffi.new("char[]", count * SLOT)
    iovecs = ffi.new("struct iovec[]", count)
    names = ffi.new("char[]", count * name_length)
    controls = ffi.new("char[]", max(1, count * control_length))
    for i in range(count):
        iovecs[i].iov_base = buffers + i * SLOT
        iovecs[i].iov_len = SLOT
        header = vector[i].msg_hdr
        header.msg_name = names + i * name_length
        header.msg_namelen = name_length
        header.msg_iov = iovecs + i
        header.msg_iovlen = 1
        if control_length:
            header.msg_control = controls + i * control_length
            header.msg_controllen = control_length
    return vector, (buffers, iovecs, names, controls)


def _views(buffers: Any, count: int) -> list[memoryview]:
    whole = memoryview(ffi.buffer(buffers)).cast("B")
    return [whole[i * SLOT : (i + 1) * SLOT] for i in range(count)]
