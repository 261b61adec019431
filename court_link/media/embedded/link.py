"""One negotiated session: a participant's transport, what they send and the seats that they see."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from aiortc import RTCCertificate

from court_link.media.embedded import rtcp, rtp
from court_link.media.embedded.answer import Outgoing
from court_link.media.embedded.dtls import Handshake, Pipe, ffi, srtp
from court_link.media.embedded.feedback import Feedback
from court_link.media.embedded.figures import Figures
from court_link.media.embedded.ice import Credentials
from court_link.media.embedded.offer import MOST_SSRCS, Offer
from court_link.media.embedded.port import Port, address_of, sockaddr
from court_link.media.embedded.seat import SeatLine
from court_link.media.embedded.uplink import Uplink
from court_link.media.engine import DesiredLink, Kind

log = logging.getLogger(__name__)

LONGEST = 1500  # bytes of a packet that is looked at
SILENCE = 2.5  # seconds without a packet from someone who was sending media
QUIET = 15.0  # the same from someone who only watches: three consent checks (RFC 7675, 5.1)
MOST_HANDSHAKES = 16  # datagrams of DTLS looked into in one tick: no flight has more
FEW_RESENDS = 32  # packets a second that may be sent again whatever the load
FALLBACK_BITRATE = 2_500_000  # bits a second granted to a sender without transport-wide feedback


class Link:
    """A session of one link of one room.

    `on_up` is called when media can flow, `on_down` when the participant closed the transport.
    """

    def __init__(
        self,
        port: Port,
        *,
        room: str,
        name: str,
        offer: Offer,
        certificate: RTCCertificate,
        on_up: Callable[[Link], None],
        on_down: Callable[[Link], None],
    ) -> None:
        self.port = port
        self.room = room
        self.name = name
        self.id = secrets.token_urlsafe(16)
        self.etag = secrets.token_hex(8)
        self.remote_ufrag = offer.ufrag
        self.credentials = [Credentials.fresh()]
        self.addresses: dict[bytes, None] = {}  # those that passed a check, longest unheard first
        self.address = 0
        self.tx: Any = None
        self.created_at = time.time()
        self.connected = False
        self.joined = False
        self.up_at: float | None = None
        self.last_packet_at: float | None = None
        self.round_trip: float | None = None
        self.packets_in = 0
        self.bytes_in = 0
        self.refused = 0
        self.resend_budget = FEW_RESENDS
        self.uplinks: dict[Kind, Uplink] = {}
        self.seats: list[dict[Kind, SeatLine]] = []
        self.screen: SeatLine | None = None
        self.figures = Figures(self)
        self._media_at = 0.0
        self._sent_before = 0
        self._handshakes = 0  # since the last tick
        self._rx: Any = None
        self._sockaddr: Any = None
        self._size = ffi.new("int *")
        self._streams: dict[int, Uplink] = {}
        self.lines: dict[int, SeatLine] = {}
        self._feedback = Feedback()
        self._extensions = self._negotiate(offer)
        self._sequence_byte = self._element(rtp.TRANSPORT_WIDE, 2)
        self._level_byte = self._element(rtp.AUDIO_LEVEL, 1)
        self.ssrc = next(iter(self.lines), 1)  # that our reports come from
        self._on_up, self._on_down = on_up, on_down
        self._pipe = Pipe(self._send_handshake)
        self._handshake = Handshake(self._pipe, certificate)
        self._task = asyncio.ensure_future(self._run(offer))
        self.goodbye: asyncio.Future[None] | None = None

    def _negotiate(self, offer: Offer) -> dict[str, int]:
        """Make uplinks and seats of the offer's lines: the i-th receiving line of a kind is seat i, and the
        receiving line of a screen the screen's."""
        extensions: dict[str, int] = {}
        counts = {Kind.AUDIO: 0, Kind.VIDEO: 0}
        for line in offer.lines:
            if not line.codecs or line.kind is None:
                continue
            kind = line.kind
            extensions.update(line.extensions)
            if line.sends and kind not in self.uplinks:
                uplink = Uplink(self.port, line, kind, line.codecs[0])
                self.uplinks[kind] = uplink
                for ssrc, original in line.ssrcs.items():
                    self._streams[ssrc] = uplink
                    if original is None and uplink.ssrc is None:
                        uplink.bind(ssrc)
            elif line.receives and not line.sends:
                seat = SeatLine(self, line, kind)
                self.lines[seat.ssrc] = seat
                if kind is Kind.SCREEN:
                    self.screen = seat
                    continue
                if counts[kind] == len(self.seats):
                    self.seats.append({})
                self.seats[counts[kind]][kind] = seat
                counts[kind] += 1
        return extensions

    def outgoing(self) -> dict[str, Outgoing]:
        """What the answer says of each seat's line, by mid."""
        named = {f"seat{index}": tuple(seat.values()) for index, seat in enumerate(self.seats)}
        if self.screen is not None:
            named["screen"] = (self.screen,)
        return {
            line.mid: Outgoing(name, line.ssrc, line.rtx) for name, lines in named.items() for line in lines
        }

    def filled(self, desired: DesiredLink | None) -> Iterator[tuple[SeatLine, str | None]]:
        """Every line that is received, with the link that is to fill it.

        Whoever has fewer lines than there are seats, as a plain player has, sees those who are there.
        """
        wanted = desired.seats if desired else ()
        sources = {seat.index: seat.source for seat in wanted}
        if len(wanted) > len(self.seats):
            sources = dict(enumerate(seat.source for seat in wanted if seat.source is not None))
        for index, seat in enumerate(self.seats):
            for line in seat.values():
                yield line, sources.get(index)
        if self.screen is not None:
            yield self.screen, desired.screen if desired else None

    def unwire(self) -> None:
        """Stop everything to and from this session at once."""
        for uplink in self.uplinks.values():
            for line in uplink.targets:
                line.watch(None)
            uplink.targets = ()
        for line in self.lines.values():
            if line.source is not None:
                line.source.targets = tuple(other for other in line.source.targets if other is not line)
                line.watch(None)

    def move(self, now: float) -> None:
        """Forget what was said in the place left, and heed nothing that is still under way from there."""
        self.unwire()
        for uplink in self.uplinks.values():
            uplink.move(now)
        self.figures.level = 0

    # Transport.

    def checked(self, raw: bytes, nominated: bool) -> None:
        """An address passed an authenticated check; a nominated one is where everything goes from now on."""
        self.addresses.pop(raw, None)
        self.addresses[raw] = None
        self.last_packet_at = time.time()
        if nominated or not self.address:
            self.port.flush()  # what waits to be sent points at the old address
            self._sockaddr = sockaddr(raw)
            self.address = address_of(self._sockaddr)

    def restart(self, ufrag: str) -> Credentials:
        """New ICE credentials for the same DTLS, SRTP and SSRCs; the old path stays until the new is up."""
        self.remote_ufrag = ufrag
        self.etag = secrets.token_hex(8)
        self.credentials = [*self.credentials[-1:], Credentials.fresh()]
        return self.credentials[-1]

    async def _run(self, offer: Offer) -> None:
        try:
            self._rx, self.tx = await self._handshake.keys(offer.fingerprints)
        except Exception as error:  # what OpenSSL makes of a stranger's bytes is anybody's guess
            log.debug("a handshake failed", exc_info=error)
            self._on_down(self)
        else:
            self._handshake.add_listener("statechange", self._state_changed)
            self.up_at = time.time()
            self._on_up(self)

    def _state_changed(self) -> None:
        if self._handshake.state in ("closed", "failed"):
            self._on_down(self)

    def close(self) -> None:
        """Stop receiving and sending at once; the participant is told goodbye behind it."""
        self._rx = self.tx = None
        self.connected = False
        self._handshake.remove_all_listeners()
        self.port.flush()  # what waits to be sent points at this link's address
        self._task.cancel()
        self._pipe.close()
        self.goodbye = asyncio.ensure_future(self._handshake.stop())

    def _send_handshake(self, data: bytes) -> None:
        if self.address:
            self.port.send_bytes(data, self.address)

    def handshake(self, datagram: bytes) -> None:
        """A datagram of DTLS arrived."""
        self._handshakes += 1
        if self._handshakes <= MOST_HANDSHAKES:
            self._pipe.deliver(datagram)

    # Packets in.

    def media(self, slot: int, length: int, at: float) -> None:  # noqa: C901, PLR0912, PLR0915 - the fast path
        """An SRTP or SRTCP packet arrived in this slot; everything malformed is dropped here."""
        self.last_packet_at = at
        if self._rx is None or not 12 <= length <= LONGEST:
            return
        port = self.port
        packet = port.views[slot]
        size = self._size
        size[0] = length
        if 192 <= packet[1] <= 223:
            if srtp.srtp_unprotect_rtcp(self._rx, port.pointers[slot], size):
                self.refused += 1
            else:
                self._told(bytes(packet[: size[0]]), at)
            return
        if srtp.srtp_unprotect(self._rx, port.pointers[slot], size):
            self.refused += 1
            return
        length = size[0]
        flags, mark, sequence, timestamp, ssrc = rtp.HEADER.unpack_from(packet)
        payload = rtp.payload_start(packet, length) if flags & 0x1F else 12
        if flags & 0x20:
            length -= packet[length - 1]
        if payload > length:
            return
        self.packets_in += 1
        self.bytes_in += length
        level = 127
        if flags & 0x10:
            at_byte = 16 + 4 * (flags & 0x0F)
            if packet[at_byte - 4] == 0xBE:
                while at_byte < payload:
                    first = packet[at_byte]
                    if first == self._sequence_byte:
                        self._feedback.arrived(packet[at_byte + 1] << 8 | packet[at_byte + 2], at)
                        at_byte += 3
                    elif first == self._level_byte:
                        level = packet[at_byte + 1]
                        at_byte += 2
                    else:
                        at_byte += (first & 0x0F) + 2 if first >> 4 else 1
        uplink = self._streams.get(ssrc)
        if uplink is None:
            uplink = self._bind(packet, payload, mark & 0x7F, ssrc)
            if uplink is None:
                return
        self._media_at = at
        if mark & 0x7F == uplink.payload_type:
            if uplink.ssrc != ssrc:
                uplink.bind(ssrc)
            if uplink.deaf_until and uplink.passes_over(sequence, timestamp, at):
                return
            if level != 127:
                uplink.loudness += 127 - (level & 0x7F)
                uplink.loudness_count += 1
            uplink.take(slot, payload, length, sequence, timestamp, mark, level, at)
        elif mark & 0x7F == uplink.rtx_payload_type:
            uplink.retransmitted(slot, payload, length, timestamp, mark, at)

    def _bind(self, packet: memoryview, payload: int, payload_type: int, ssrc: int) -> Uplink | None:
        """Whose line an unannounced SSRC is: by its mid (RFC 9143, 9.2), else by its payload type, unless
        that could be the camera's or the screen's."""
        if len(self._streams) >= MOST_SSRCS:
            return None
        mid = (
            rtp.extensions(packet, payload)
            .get(self._extensions.get(rtp.MID, 0), b"")
            .decode("ascii", "replace")
        )
        possible = [
            uplink
            for uplink in self.uplinks.values()
            if payload_type in (uplink.payload_type, uplink.rtx_payload_type) and mid in ("", uplink.mid)
        ]
        if len(possible) != 1:
            return None
        self._streams[ssrc] = possible[0]
        return possible[0]

    def _told(self, data: bytes, at: float) -> None:
        """Act on the participant's RTCP."""
        for told in rtcp.read(data):
            if isinstance(told, rtcp.SenderReport):
                uplink = self._streams.get(told.ssrc)
                if uplink is not None and uplink.ssrc == told.ssrc:
                    self._tell_clock(told, at)
                    uplink.told(told, at)
            elif (line := self.lines.get(told.ssrc)) is None:
                continue
            elif isinstance(told, rtcp.Lost):
                line.resend(told.sequences, at)
            elif isinstance(told, rtcp.KeyframeWanted):
                if line.source is not None:
                    line.source.want_keyframe()
            else:
                line.loss = told.fraction_lost / 256
                if told.last_sr:
                    trip = ((rtcp.ntp(at) >> 16) - told.last_sr - told.delay) & 0xFFFFFFFF
                    if trip < 0x80000:  # 8 seconds; beyond it the report is of an earlier path
                        self.round_trip = trip / 65536

    def _tell_clock(self, told: rtcp.SenderReport, at: float) -> None:
        """One offset for the whole participant: sound and picture stay together at every receiver."""
        for uplink in self.uplinks.values():
            if uplink.clock_offset is not None:
                return
        offset = at - (told.ntp / (1 << 32) - rtcp.NTP_EPOCH)
        for uplink in self.uplinks.values():
            uplink.clock_offset = offset

    def _element(self, uri: str, size: int) -> int:
        """The first byte of a one-byte extension element with this content; -1 if not negotiated."""
        identity = self._extensions.get(uri, 15)
        return identity << 4 | (size - 1) if identity < 15 else -1

    # Packets out, by the clock.

    def send_rtp(self, packet: bytes) -> None:
        """Encrypt and send one plain RTP packet."""
        self._send(packet, srtp.srtp_protect)

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send one RTCP packet."""
        self._send(packet, srtp.srtp_protect_rtcp)

    def _send(self, packet: bytes, protect: Callable[[Any, Any, Any], int]) -> None:
        if self.tx is None or not self.address:
            return
        slot = self.port.slot()
        self.port.out_views[slot][: len(packet)] = packet
        self._size[0] = len(packet)
        if not protect(self.tx, self.port.out_pointers[slot], self._size):
            self.port.send(slot, self._size[0], self.address)

    def tick(self) -> None:
        """Another 20 ms have passed."""
        self._handshakes = 0

    def ask(self, now: float) -> None:
        """Ask the participant for what their lines want; every 20 ms."""
        for uplink in self.uplinks.values():
            if uplink.wants_something:
                for packet in uplink.asks(self.ssrc, now, self.round_trip or 0.05):
                    self.send_rtcp(packet)

    def feed_back(self) -> None:
        """Tell the participant when their packets arrived; every 100 ms."""
        packet = self._feedback.packet(self.ssrc, next(iter(self._streams), 0))
        if packet is not None:
            self.send_rtcp(packet)

    def report(self, now: float) -> None:
        """Reports of both directions; every second."""
        reports = [report for uplink in self.uplinks.values() if (report := uplink.report(now)) is not None]
        if reports:
            self.send_rtcp(rtcp.receiver_report(self.ssrc, reports))
        if self._sequence_byte < 0 and reports:
            self.send_rtcp(
                rtcp.bandwidth_limit(self.ssrc, FALLBACK_BITRATE, [report.ssrc for report in reports])
            )
        for line in self.lines.values():
            packet = line.report(now)
            if packet is not None:
                self.send_rtcp(packet)
        sent = self.figures.packets_out
        self.resend_budget = FEW_RESENDS + (sent - self._sent_before) // 4
        self._sent_before = sent
        self.figures.measure(now)

    def silent(self, now: float) -> bool:
        """Whether nothing has come for longer than it should (see SILENCE and QUIET)."""
        last = self.last_packet_at or self.created_at
        return now - last > (SILENCE if last - self._media_at < 1.0 else QUIET)
