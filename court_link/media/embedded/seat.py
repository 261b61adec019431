"""One line of a seat: another participant's stream, rewritten so that a change of source is seamless.

The receiver sees one SSRC with unbroken sequence numbers and timestamps, whoever fills the seat. A picture
begins at a keyframe, never before: sending earlier gains nothing.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from court_link.media.embedded import rtcp, rtp
from court_link.media.embedded.offer import Line
from court_link.media.engine import Kind

if TYPE_CHECKING:
    from court_link.media.embedded.link import Link
    from court_link.media.embedded.uplink import Uplink

RESEND_INTERVAL = 0.02  # seconds before the same packet may be sent again


class SeatLine:
    """Sound or picture of one seat of one link.

    While `open`, a packet of the source leaves with its sequence number plus `shift` and its timestamp plus
    `time_shift`; `Uplink.take` does that, being the fast path.
    """

    __slots__ = (
        "_begun",
        "_codecs",
        "_last_at",
        "_last_sequence",
        "_last_timestamp",
        "_resent",
        "_rtx_sequence",
        "kind",
        "level",
        "link",
        "loss",
        "mid",
        "octets",
        "open",
        "packets",
        "payload_type",
        "resent",
        "rtx",
        "rtx_payload_type",
        "shift",
        "source",
        "ssrc",
        "time_shift",
    )

    def __init__(self, link: Link, line: Line, kind: Kind) -> None:
        self.link = link
        self.kind = kind
        self.mid = line.mid
        self._codecs = {codec.name: codec for codec in line.codecs}
        self.payload_type = line.codecs[0].payload_type
        self.rtx_payload_type = line.codecs[0].rtx
        level = line.extensions.get(rtp.AUDIO_LEVEL)
        # The receiver's own id of the audio level, as the first byte of its element (RFC 8285, 4.2).
        self.level = level << 4 if level is not None and level < 15 else 0
        self.ssrc = secrets.randbelow(1 << 31) + 1
        self.rtx = secrets.randbelow(1 << 31) + (1 << 31) if self.rtx_payload_type is not None else None
        self.source: Uplink | None = None
        self.open = False
        self.shift = 0
        self.time_shift = 0
        self.packets = 0
        self.octets = 0
        self.resent = 0
        self.loss = 0.0
        self._begun = 0
        self._last_sequence = secrets.randbelow(1 << 15)
        self._last_timestamp = secrets.randbelow(1 << 31)
        self._last_at: float | None = None
        self._rtx_sequence = secrets.randbelow(1 << 15)
        self._resent: dict[int, float] = {}

    def watch(self, source: Uplink | None) -> None:
        """Fill the line with this source from its next keyframe on, or with nobody.

        A source whose codec the receiver cannot show fills it with nobody.
        """
        codec = self._codecs.get(source.codec) if source is not None else None
        source = source if codec is not None else None
        if source is not self.source:
            self.close()
            self.source = source
            if codec is not None:
                self.payload_type, self.rtx_payload_type = codec.payload_type, codec.rtx
        if source is not None and not self.open and self.kind is not Kind.AUDIO:
            source.want_keyframe()

    def close(self) -> None:
        """Stop where the source is now; `begin` goes on from here."""
        if self.open and self.source is not None:
            self._last_sequence = (self.source.newest + self.shift) & 0xFFFF
            self._last_timestamp = (self.source.newest_timestamp + self.time_shift) & 0xFFFFFFFF
            self._last_at = self.source.newest_at
        self.open = False
        self._resent.clear()

    def begin(self, sequence: int, timestamp: int, at: float) -> None:
        """Open the line with this packet of the source as its next."""
        self.shift = (self._last_sequence + 1 - sequence) & 0xFFFF
        elapsed = max(at - self._last_at, 0.001) if self._last_at is not None else 0.0
        follows = self._last_timestamp + round(elapsed * rtp.CLOCK[self.kind])
        self.time_shift = (follows - timestamp) & 0xFFFFFFFF
        self._begun = self.source.extended if self.source is not None else 0
        self.open = True

    def began_before(self, sequence: int) -> bool:
        """Whether the source's packet of this (recent) number came after the line opened to it.

        An earlier one would take a number already spent on another source, and with it the same nonce.
        """
        source = self.source
        if not self.open or source is None:
            return False
        return (source.newest - sequence) & 0xFFFF <= source.extended - self._begun

    def report(self, now: float) -> bytes | None:
        """A sender report on the worker's clock (RFC 3550, 6.4.1); None while nothing flows."""
        if not self.open or self.source is None:
            return None
        timestamp = self.source.timestamp_at(now) + self.time_shift
        return rtcp.sender_report(self.ssrc, rtcp.ntp(now), timestamp, self.packets, self.octets)

    def resend(self, sequences: tuple[int, ...], now: float) -> None:
        """Answer a NACK from the source's history, within the link's budget (RFC 4585, RFC 4588)."""
        source, link = self.source, self.link
        if not self.open or source is None or not source.ring:
            return
        for sequence in sequences:
            theirs = (sequence - self.shift) & 0xFFFF
            if not self.began_before(theirs):
                continue
            if now - self._resent.get(sequence, 0.0) < RESEND_INTERVAL:
                continue
            kept = source.kept(theirs)
            if kept is None:
                continue
            if link.resend_budget <= 0:
                return
            link.resend_budget -= 1
            if len(self._resent) >= 256:
                self._resent.clear()
            self._resent[sequence] = now
            self.resent += 1
            timestamp, marker, payload = kept
            timestamp = (timestamp + self.time_shift) & 0xFFFFFFFF
            if self.rtx is None or self.rtx_payload_type is None:
                head = rtp.HEADER.pack(0x80, marker | self.payload_type, sequence, timestamp, self.ssrc)
            else:
                self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
                head = rtp.HEADER.pack(
                    0x80, marker | self.rtx_payload_type, self._rtx_sequence, timestamp, self.rtx
                ) + sequence.to_bytes(2, "big")
            link.send_rtp(head + payload)
