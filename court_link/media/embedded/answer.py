"""The one SDP answer of a session, line by line (RFC 9429, RFC 8839, RFC 9725).

Everything about the transport stands on every line: Firefox does not pair otherwise. A seat names its SSRCs
and carries no mid extension; an uplink asks the camera to start sharp.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from court_link.media.embedded import rtp
from court_link.media.embedded.offer import H264, OPUS, VP8, Codec, Line, Offer
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
    bundle = [line.mid for line in offer.lines if line.codecs]
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
        if not line.codecs:
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
    resent = uplink or (seat is not None and seat.rtx is not None)
    numbers = [pt for codec in line.codecs for pt in (codec.payload_type, codec.rtx if resent else None)]
    types = " ".join(str(pt) for pt in numbers if pt is not None)
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
    for codec in line.codecs:
        section += _codec(line, codec, uplink=uplink, resent=resent)
    if seat is not None:
        section.append(f"a=msid:{seat.stream} {seat.stream}-{line.media}")
        if seat.rtx is not None:
            section.append(f"a=ssrc-group:FID {seat.ssrc} {seat.rtx}")
        section.append(f"a=ssrc:{seat.ssrc} cname:{seat.stream}")  # before its retransmissions, or it is lost
        if seat.rtx is not None:
            section.append(f"a=ssrc:{seat.rtx} cname:{seat.stream}")
    return section


#: How each codec is named in an answer, and with which parameters.
_NAMES = {OPUS: "opus/48000/2", VP8: "VP8/90000", H264: "H264/90000"}
_PARAMETERS = {OPUS: "minptime=10;useinbandfec=1"}


def _codec(line: Line, codec: Codec, *, uplink: bool, resent: bool) -> Iterator[str]:
    pt = codec.payload_type
    yield f"a=rtpmap:{pt} {_NAMES[codec.name]}"
    parameters = [_PARAMETERS.get(codec.name, codec.parameters)]
    if uplink and line.kind is Kind.VIDEO:
        parameters.append(f"x-google-start-bitrate={START_BITRATE}")
    if any(parameters):
        yield f"a=fmtp:{pt} {';'.join(each for each in parameters if each)}"
    steered = "transport-cc" in codec.feedback and rtp.TRANSPORT_WIDE in line.extensions
    for feedback in UPLINK_FEEDBACK if uplink else SEAT_FEEDBACK:
        if feedback in codec.feedback and not (steered and feedback == "goog-remb"):
            yield f"a=rtcp-fb:{pt} {feedback}"
    if resent and codec.rtx is not None:
        yield f"a=rtpmap:{codec.rtx} rtx/90000"
        yield f"a=fmtp:{codec.rtx} apt={pt}"
