"""A participant without a browser: real ICE checks, DTLS and SRTP, and packets that nobody decodes."""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any

from aioice import stun
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport

from court_link.media.embedded import ice
from court_link.media.embedded.dtls import Pipe, ffi, srtp
from court_link.media.embedded.port import Port, address_of, readable_address, sockaddr
from court_link.media.embedded.rtp import HEADER

AUDIO, VIDEO, RTX = 111, 96, 97
LEVEL, WIDE, MID = 1, 3, 4
CHECK_AGAIN = 0.2  # seconds between two connectivity checks until one is answered

EXTENSIONS = (
    f"a=extmap:{LEVEL} urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    f"a=extmap:{WIDE} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    f"a=extmap:{MID} urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
)
OPUS = (
    f"a=rtpmap:{AUDIO} opus/48000/2\r\na=fmtp:{AUDIO} minptime=10;useinbandfec=1\r\n"
    f"a=rtcp-fb:{AUDIO} transport-cc\r\n"
)
VP8 = (
    f"a=rtpmap:{VIDEO} VP8/90000\r\na=rtpmap:{RTX} rtx/90000\r\na=fmtp:{RTX} apt={VIDEO}\r\n"
    f"a=rtcp-fb:{VIDEO} nack\r\na=rtcp-fb:{VIDEO} nack pli\r\na=rtcp-fb:{VIDEO} transport-cc\r\n"
)


class Peer:
    """One participant on the loopback. `received` counts plain packets by (SSRC, payload type);
    `packets` keeps the last of them, `reports` the last RTCP."""

    certificate = RTCCertificate.generateCertificate()

    def __init__(self, heard: Callable[[memoryview, int, float], None] | None = None) -> None:
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(16)
        self.audio_ssrc, self.video_ssrc, self.rtx_ssrc, self.screen_ssrc = (
            secrets.randbits(31) + 1 for _ in range(4)
        )
        self.received: Counter[tuple[int, int]] = Counter()
        self.packets: list[bytes] = []
        self.reports: list[bytes] = []
        self.addresses: list[tuple[str, int]] = []  # as the worker sees us
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._checked = asyncio.Event()
        self._wide = 0
        self._size = ffi.new("int *")
        self._spare = ffi.new("char[]", 2048)
        self._open()
        self._pipe = Pipe(lambda data: self._port.send_bytes(data, self._to))
        self._dtls = RTCDtlsTransport(self._pipe, [self.certificate])  # type: ignore[arg-type]
        self._rx: Any = None
        self._tx: Any = None
        self._to = 0

    @property
    def port(self) -> int:
        """Where this peer is at the moment, on the loopback."""
        return self._port.number

    @property
    def server(self) -> tuple[str, int]:
        """Where the worker is."""
        return readable_address(ffi.buffer(self._server, 16)[:])

    @property
    def socket(self) -> socket.socket:
        """What this peer reads from."""
        return self._port.socket

    def _open(self) -> None:
        self._port = Port("127.0.0.1", 0, self._receive)
        self._loop.add_reader(self._port.socket, self._port.readable)

    def offer(self, seats: int = 0, publish: bool = True, *, screen: bool = False) -> str:
        """An offer as a browser or an encoder makes it; `screen` adds both lines of a shared screen."""
        digest = next(f.value for f in self.certificate.getFingerprints() if f.algorithm == "sha-256")
        transport = (
            f"c=IN IP4 0.0.0.0\r\na=ice-ufrag:{self.ufrag}\r\na=ice-pwd:{self.password}\r\n"
            f"a=candidate:1 1 udp 2130706431 127.0.0.1 {self._port.number} typ host\r\n"
            f"a=fingerprint:sha-256 {digest}\r\na=setup:actpass\r\na=rtcp-mux\r\n{EXTENSIONS}"
        )
        sections: list[str] = []

        def add(media: str, direction: str, more: str = "") -> None:
            types, codec = (f"{AUDIO}", OPUS) if media == "audio" else (f"{VIDEO} {RTX}", VP8)
            sections.append(
                f"m={media} 9 UDP/TLS/RTP/SAVPF {types}\r\n{transport}"
                f"a=mid:{len(sections)}\r\na={direction}\r\n{codec}{more}"
            )

        if publish:
            add("audio", "sendonly", f"a=ssrc:{self.audio_ssrc} cname:peer\r\n")
            video = f"a=ssrc:{self.video_ssrc} cname:peer\r\na=ssrc:{self.rtx_ssrc} cname:peer\r\n"
            add("video", "sendonly", f"a=ssrc-group:FID {self.video_ssrc} {self.rtx_ssrc}\r\n{video}")
        if publish and screen:
            add("video", "sendonly", f"a=ssrc:{self.screen_ssrc} cname:peer\r\n")
        for _ in range(seats):
            add("audio", "recvonly")
            add("video", "recvonly")
        if screen:
            add("video", "recvonly")
        bundle = " ".join(str(i) for i in range(len(sections)))
        return f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {bundle}\r\n" + "".join(
            sections
        )

    async def connect(self, answer: str) -> None:
        """Check the path and shake hands."""
        self.answer = answer
        await self.check(*_named(answer, "ice-ufrag"), *_named(answer, "ice-pwd"))
        algorithm, digest = _named(answer, "fingerprint")[0].split()
        self._dtls._set_role("server" if _named(answer, "setup")[0] == "active" else "client")
        await self._dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(algorithm, digest)]))
        assert self._dtls.state == "connected"
        self._rx, self._tx = self._dtls._rx_srtp._srtp[0], self._dtls._tx_srtp._srtp[0]

    async def check(self, *credentials: str) -> None:
        """Send connectivity checks, nominating, until one is answered."""
        ufrag, password = credentials[0], credentials[len(credentials) // 2]
        candidate = next(
            line.split() for line in _named(self.answer, "candidate") if line.split()[4] == "127.0.0.1"
        )
        port = int(candidate[5])
        raw = (2).to_bytes(2, "little") + port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + bytes(8)
        self._server = sockaddr(raw)
        self._to = address_of(self._server)
        self._checked.clear()
        while not self._checked.is_set():
            request = stun.Message(
                stun.Method.BINDING,
                stun.Class.REQUEST,
                attributes={
                    "USERNAME": f"{ufrag}:{self.ufrag}",
                    "PRIORITY": 1,
                    "ICE-CONTROLLING": 1,
                    "USE-CANDIDATE": None,
                },
            )
            request.add_message_integrity(password.encode())
            self._port.send_bytes(bytes(request), self._to)
            try:
                await asyncio.wait_for(self._checked.wait(), CHECK_AGAIN)
            except TimeoutError:
                continue

    def roam(self) -> None:
        """Move to another address, as a car does."""
        self._leave()
        self._open()

    def send(self, packet: bytes) -> None:
        """Protect and send one plain RTP packet."""
        self._protect(packet, srtp.srtp_protect)

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one RTCP packet."""
        self._protect(packet, srtp.srtp_protect_rtcp)

    def send_raw(self, datagram: bytes) -> None:
        """Send anything at all."""
        self._port.send_bytes(datagram, self._to)

    def put(self, packet: bytes) -> None:
        """Protect one plain RTP packet and keep it for `flush`."""
        self._put(packet, srtp.srtp_protect)

    def flush(self) -> None:
        """Send what was `put`."""
        self._port.flush()

    def poll(self) -> None:
        """Take what has arrived, for a load that does not wait for the event loop."""
        self._port.readable()

    def plain(self, protected: bytes) -> bytes | None:
        """One received RTP packet decrypted; None if it is not authentic."""
        ffi.memmove(self._spare, protected, len(protected))
        self._size[0] = len(protected)
        if srtp.srtp_unprotect(self._rx, self._spare, self._size):
            return None
        return bytes(ffi.buffer(self._spare, self._size[0]))

    def _protect(self, packet: bytes, protect: Callable[..., int]) -> None:
        self._put(packet, protect)
        self._port.flush()

    def _put(self, packet: bytes, protect: Callable[..., int]) -> None:
        slot = self._port.slot()
        self._port.out_views[slot][: len(packet)] = packet
        self._size[0] = len(packet)
        assert not protect(self._tx, self._port.out_pointers[slot], self._size)
        self._port.send(slot, self._size[0], self._to)

    def picture(
        self, sequence: int, timestamp: int, *, keyframe: bool = False, body: bytes = b"picture"
    ) -> None:
        """Send one small VP8 frame in one packet."""
        self._frame(self.video_ssrc, sequence, timestamp, keyframe, body)

    def screen(
        self, sequence: int, timestamp: int, *, keyframe: bool = False, body: bytes = b"screen"
    ) -> None:
        """The same of a shared screen."""
        self._frame(self.screen_ssrc, sequence, timestamp, keyframe, body)

    def _frame(self, ssrc: int, sequence: int, timestamp: int, keyframe: bool, body: bytes) -> None:
        payload = bytes([0x10, 0x00 if keyframe else 0x01]) + body
        self.send(self._packet(0x80 | VIDEO, sequence, timestamp, ssrc, b"", payload))

    def sound(self, sequence: int, timestamp: int, *, level: int = 20, body: bytes = b"sound") -> None:
        """Send one Opus packet; `level` is -dBov (RFC 6464)."""
        said = bytes([LEVEL << 4, 0x80 | level])
        self.send(self._packet(AUDIO, sequence, timestamp, self.audio_ssrc, said, body))

    def _packet(
        self, mark: int, sequence: int, timestamp: int, ssrc: int, said: bytes, payload: bytes
    ) -> bytes:
        self._wide = (self._wide + 1) & 0xFFFF
        elements = bytes([WIDE << 4 | 1]) + self._wide.to_bytes(2, "big") + said
        elements += bytes(-len(elements) % 4)
        head = HEADER.pack(0x90, mark, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
        return head + b"\xbe\xde" + (len(elements) // 4).to_bytes(2, "big") + elements + payload

    def _receive(self, slot: int, length: int, address: bytes, at: float) -> None:
        view = self._port.views[slot]
        first = view[0]
        if first < 4:
            self._stun(bytes(view[:length]), address)
        elif 20 <= first < 64:
            self._pipe.deliver(bytes(view[:length]))
        elif self._rx is None:
            return
        elif 192 <= view[1] <= 223:
            self._size[0] = length
            if not srtp.srtp_unprotect_rtcp(self._rx, self._port.pointers[slot], self._size):
                self.reports = [*self.reports[-199:], bytes(view[: self._size[0]])]
        elif self._heard is not None:
            self._heard(view, length, at)
        else:
            self._size[0] = length
            if not srtp.srtp_unprotect(self._rx, self._port.pointers[slot], self._size):
                packet = bytes(view[: self._size[0]])
                self.received[int.from_bytes(packet[8:12], "big"), packet[1] & 0x7F] += 1
                self.packets = [*self.packets[-199:], packet]

    def _stun(self, datagram: bytes, address: bytes) -> None:
        check = ice.read(datagram)
        if check is not None:  # a full ICE server checks us too
            mine = ice.Credentials(self.ufrag, self.password)
            back = sockaddr(address)
            self._port.send_bytes(check.answer(mine, readable_address(address)), address_of(back))
        else:
            response = stun.parse_message(datagram)
            if response.message_class == stun.Class.RESPONSE:
                self.addresses.append(response.attributes["XOR-MAPPED-ADDRESS"])
                self._checked.set()

    def _leave(self) -> None:
        self._loop.remove_reader(self._port.socket)
        self._port.close()

    async def close(self) -> None:
        """Say goodbye and let go of the socket."""
        await self._dtls.stop()
        self._pipe.close()
        self._leave()

    def vanish(self) -> None:
        """Go without a word."""
        self._pipe.close()
        self._leave()


def _named(text: str, name: str) -> list[str]:
    return [match.strip() for match in re.findall(rf"^a={name}:(.*)$", text, re.MULTILINE)]


def seat_ssrcs(answer: str) -> list[int]:
    """The primary SSRCs of an answer's seats in line order: sound and picture of seat 0, of seat 1..."""
    found = []
    for section in re.split(r"^m=", answer, flags=re.MULTILINE)[1:]:
        ssrc = re.search(r"^a=ssrc:(\d+) ", section, re.MULTILINE)
        if ssrc is not None:
            found.append(int(ssrc[1]))
    return found
