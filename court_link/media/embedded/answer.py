"""The one SDP answer of a session, line by line (RFC 9429, RFC 8839, RFC 9725).

Everything about the transport stands on every line: Firefox does not pair otherwise. A seat names its SSRCs
and carries no mid extension; an uplink asks the camera to start sharp.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from court_link.media.embedded import rtp
from court_link.media.embedded.offer import Line, Offer
from court_link.media.engine import Kind

START_BITRATE = 1500  # kbit/s, a hint that Chromium takes
UPLINK_EXTENSIONS = (rtp.AUDIO_LEVEL, rtp.TRANSPORT_WIDE, rtp.MID)
SEAT_EXTENSIONS = (rtp.AUDIO_LEVEL,)
UPLINK_FEEDBACK = ("transport-cc", "goog-remb", "ccm fir", "nack", "nack pli")
SEAT_FEEDBACK = ("ccm fir", "nack", "nack pli")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a seat's line will be sent as; `rtx` is None where retransmissions are not negotiated."""

    stream: str
    ssrc: int
    rtx: int | None


@dataclass(frozen=True, slots=True)
class Local:
    """The worker's end of the transport."""

    ufrag: str
    password: str
    fingerprint: str
    addresses: tuple[str, ...]
    port: int

    def ice(self) -> list[str]:
        """The ICE lines, also those of a restart's answer fragment."""
        candidates = [
            f"a=candidate:{i} 1 udp {2130706431 - 256 * i} {address} {self.port} typ host"
            for i, address in enumerate(self.addresses, 1)
        ]
        return [f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.password}", *candidates, "a=end-of-candidates"]


def write(
    offer: Offer, local: Local, uplinks: frozenset[str], seats: dict[str, Outgoing], session: int
) -> str:
    """The answer: `uplinks` are the mids that are received, `seats` those that are sent, the rest refused."""
    bundle = [line.mid for line in offer.lines if line.codec is not None]
    lines = [
        "v=0",
        f"o=- {session} 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(bundle)}",
        "a=ice-lite",
        "a=msid-semantic: WMS *",
    ]
    for line in offer.lines:
        if line.codec is None:
            lines += [
                f"m={line.media} 0 UDP/TLS/RTP/SAVPF 0",
                "c=IN IP4 0.0.0.0",
                f"a=mid:{line.mid}",
                "a=inactive",
            ]
        else:
            lines += _section(line, local, line.mid in uplinks, seats.get(line.mid))
    return "\r\n".join(lines) + "\r\n"


def fragment(local: Local) -> str:
    """The answer to an ICE restart (RFC 8840)."""
    return "\r\n".join(["a=ice-lite", *local.ice()]) + "\r\n"


def _section(line: Line, local: Local, uplink: bool, seat: Outgoing | None) -> list[str]:
    rtx = line.rtx if uplink or (seat and seat.rtx) else None
    types = f"{line.codec}" + (f" {rtx}" if rtx is not None else "")
    direction = {(True, True): "sendrecv", (True, False): "recvonly", (False, True): "sendonly"}
    section = [
        f"m={line.media} 9 UDP/TLS/RTP/SAVPF {types}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{line.mid}",
        *local.ice(),
        f"a=fingerprint:sha-256 {local.fingerprint}",
        "a=setup:passive",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a={direction.get((uplink, seat is not None), 'inactive')}",
    ]
    wanted = UPLINK_EXTENSIONS if uplink else SEAT_EXTENSIONS
    section += [f"a=extmap:{line.extensions[uri]} {uri}" for uri in wanted if uri in line.extensions]
    section += _codecs(line, rtx, uplink)
    if seat is not None:
        section.append(f"a=msid:{seat.stream} {seat.stream}-{line.media}")
        if rtx is not None:
            section.append(f"a=ssrc-group:FID {seat.ssrc} {seat.rtx}")
        section.append(f"a=ssrc:{seat.ssrc} cname:{seat.stream}")  # before its retransmissions, or it is lost
        if rtx is not None:
            section.append(f"a=ssrc:{seat.rtx} cname:{seat.stream}")
    return section


def _codecs(line: Line, rtx: int | None, uplink: bool) -> Sequence[str]:
    if line.kind is Kind.AUDIO:
        codecs = [f"a=rtpmap:{line.codec} opus/48000/2", f"a=fmtp:{line.codec} minptime=10;useinbandfec=1"]
    else:
        codecs = [f"a=rtpmap:{line.codec} VP8/90000"]
        if uplink and line.kind is Kind.VIDEO:
            codecs.append(f"a=fmtp:{line.codec} x-google-start-bitrate={START_BITRATE}")
    steered = "transport-cc" in line.feedback and rtp.TRANSPORT_WIDE in line.extensions
    for feedback in UPLINK_FEEDBACK if uplink else SEAT_FEEDBACK:
        if feedback in line.feedback and not (steered and feedback == "goog-remb"):
            codecs.append(f"a=rtcp-fb:{line.codec} {feedback}")
    if rtx is not None:
        codecs += [f"a=rtpmap:{rtx} rtx/90000", f"a=fmtp:{rtx} apt={line.codec}"]
    return codecs
