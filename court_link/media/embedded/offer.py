"""What a participant's SDP offer says, as far as the worker acts on it (RFC 8866, RFC 9143, RFC 8839).

Everything is bounded and every failure is an `OfferRefused`, because an offer comes from outside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from court_link.media.embedded import rtp
from court_link.media.engine import Kind, OfferRefused

LONGEST = 192 * 1024  # characters: sixteen links and a screen make 66 to 135 thousand
MOST_SECTIONS = 64
LONGEST_FORMAT = 256  # characters of a codec's parameters
MOST_SSRCS = 16  # per connection: layers, their retransmissions, sound, screen
MEDIA = {"audio": Kind.AUDIO, "video": Kind.VIDEO}
OPUS, VP8, H264 = "opus/48000/2", "vp8/90000", "h264/90000"
#: What a line may carry, first what is taken where there is a choice. Cars' encoders speak H.264 alone.
CODECS = {Kind.AUDIO: (OPUS,), Kind.VIDEO: (VP8, H264)}
EXTENSIONS = {
    Kind.AUDIO: frozenset({rtp.AUDIO_LEVEL, rtp.MID, rtp.TRANSPORT_WIDE}),
    Kind.VIDEO: frozenset({rtp.MID, rtp.TRANSPORT_WIDE}),
}

_TOKEN = re.compile(r"[!-~]{1,64}")
_ICE = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PAIRS = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63}")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A certificate's digest, as DTLS will check it."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class Codec:
    """One way to carry a line: `payload_type` and that of its retransmissions are the offer's own.

    `parameters` are those of H.264 (RFC 6184, 8.1), which an answer repeats.
    """

    name: str
    payload_type: int
    rtx: int | None = None
    parameters: str = ""
    feedback: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Line:
    """One media section. A line with no codec in common has no `codecs` and will be refused.

    `kind` is what the worker takes it for. `sends` and `receives` are the participant's; `ssrcs` maps each
    announced SSRC to the one that it retransmits (RFC 4588), or None for a primary one. Of `codecs` a line
    that is sent uses the first, and one that is only received whichever its source has.
    """

    mid: str
    media: str
    kind: Kind | None = None
    sends: bool = False
    receives: bool = False
    codecs: tuple[Codec, ...] = ()
    extensions: Mapping[str, int] = field(default_factory=dict)
    ssrcs: Mapping[int, int | None] = field(default_factory=dict)

    @property
    def codec(self) -> Codec | None:
        """The first of the codecs."""
        return self.codecs[0] if self.codecs else None


@dataclass(frozen=True, slots=True)
class Offer:
    """A whole offer, its lines in order."""

    ufrag: str
    fingerprints: tuple[Fingerprint, ...]
    lines: tuple[Line, ...]


def read(text: str) -> Offer:
    """Read an offer. Raises `OfferRefused` with a sentence for the person whose browser made it."""
    if len(text) > LONGEST:
        raise OfferRefused("The offer is too long.")
    session, *sections = _sections(text)
    if not session or session[0] != "v=0":
        raise OfferRefused("This is not a session description.")
    if len(sections) > MOST_SECTIONS:
        raise OfferRefused("The offer has too many lines.")
    lines = tuple(_line(section) for section in sections)
    if not any(line.codecs for line in lines):
        raise OfferRefused("This browser offers neither VP8 or H.264 pictures nor Opus sound.")
    mids = [line.mid for line in lines]
    if len(set(mids)) != len(mids):
        raise OfferRefused("Two lines of the offer have the same name.")
    if sum(len(line.ssrcs) for line in lines) > MOST_SSRCS:
        raise OfferRefused("The offer announces too many streams.")
    ufrag, _ = credentials(text)
    fingerprints = frozenset(_fingerprints(text))
    if not fingerprints:
        raise OfferRefused("The offer names no certificate.")
    if any(value == "passive" for value in _attributes(text.splitlines(), "setup")):
        raise OfferRefused("The offer waits for the service to connect to it, which it never does.")
    return Offer(ufrag, tuple(fingerprints), tuple(_with_screens(lines)))


def credentials(text: str) -> tuple[str, str]:
    """The ICE name and password of an offer or of a trickle fragment (RFC 8840)."""
    if len(text) > LONGEST:
        raise OfferRefused("The offer is too long.")
    found = text.splitlines()
    ufrag = next(_attributes(found, "ice-ufrag"), "")
    password = next(_attributes(found, "ice-pwd"), "")
    if not _ICE.fullmatch(ufrag) or not _ICE.fullmatch(password):
        raise OfferRefused("The offer has no usable ICE credentials.")
    return ufrag, password


def _with_screens(lines: tuple[Line, ...]) -> Iterator[Line]:
    """Tell screens from cameras: the second picture that is sent is a screen, and so is the last that is
    received when no sound goes with it."""
    usable = [line for line in lines if line.codecs]
    sent = [line.mid for line in usable if line.kind is Kind.VIDEO and line.sends]
    seats = [line for line in usable if line.receives and not line.sends]
    pictures = [line.mid for line in seats if line.kind is Kind.VIDEO]
    sounds = len(seats) - len(pictures)
    screens = {*sent[1:2], *(pictures[-1:] if 0 < sounds < len(pictures) else ())}
    for line in lines:
        yield replace(line, kind=Kind.SCREEN) if line.mid in screens else line


def _sections(text: str) -> list[list[str]]:
    sections: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("m="):
            sections.append([])
        if line:
            sections[-1].append(line)
    return sections


def _attributes(lines: list[str], name: str) -> Iterator[str]:
    prefix = f"a={name}:"
    return (line.removeprefix(prefix).strip() for line in lines if line.startswith(prefix))


def _fingerprints(text: str) -> Iterator[Fingerprint]:
    for value in _attributes(text.splitlines(), "fingerprint"):
        algorithm, _, digest = value.partition(" ")
        if algorithm.lower() in ("sha-256", "sha-384", "sha-512") and _PAIRS.fullmatch(digest):
            yield Fingerprint(algorithm.lower(), digest.upper())


def _line(section: list[str]) -> Line:
    words = section[0].removeprefix("m=").split()
    mid = next(_attributes(section, "mid"), "")
    if len(words) < 4 or not _TOKEN.fullmatch(mid):
        raise OfferRefused("A line of the offer cannot be read.")
    media = words[0]
    kind = MEDIA.get(media)
    if kind is None or "SAVPF" not in words[2] or "a=rtcp-mux" not in section:
        return Line(mid, media)
    offered = {word for word in words[3:] if _number(word, 128) is not None}
    direction = next((line[2:] for line in section if line[2:] in DIRECTIONS), "sendrecv")
    sends, receives = DIRECTIONS[direction]
    codecs = tuple(_codecs(section, kind, offered))
    return Line(
        mid,
        media,
        kind,
        sends,
        receives,
        codecs[: 1 if sends else None],
        dict(_extensions(section, kind)),
        # Firefox gives its receiver reports an SSRC on every line, those that only receive too.
        _ssrcs(section) if sends else {},
    )


def _codecs(section: list[str], kind: Kind, offered: set[str]) -> Iterator[Codec]:
    """What a section offers of what the worker carries, in the worker's order."""
    maps = {pt: name.lower() for pt, name in _numbered(section, "rtpmap", offered)}
    formats = dict(_numbered(section, "fmtp", offered))
    feedback = list(_numbered(section, "rtcp-fb", offered))
    for name in CODECS[kind]:
        for pt in (pt for pt, offers in maps.items() if offers == name):
            parameters = formats.get(pt, "") if name == H264 else ""
            if name == H264 and (
                "packetization-mode=1" not in parameters or len(parameters) > LONGEST_FORMAT
            ):
                continue  # single NAL units cannot carry what others send in fragments
            resent = (each for each, offers in maps.items() if offers == "rtx/90000")
            rtx = next((each for each in resent if formats.get(each, "").split(";")[0] == f"apt={pt}"), None)
            said = frozenset(value for each, value in feedback if each == pt)
            yield Codec(name, pt, rtx, parameters, said)
            break


DIRECTIONS = {
    "sendrecv": (True, True),
    "sendonly": (True, False),
    "recvonly": (False, True),
    "inactive": (False, False),
}


def _numbered(section: list[str], name: str, offered: set[str]) -> Iterator[tuple[int, str]]:
    """Attributes that begin with one of the offered payload types."""
    for value in _attributes(section, name):
        number, _, rest = value.partition(" ")
        if number in offered:
            yield int(number), rest.strip()


def _extensions(section: list[str], kind: Kind) -> Iterator[tuple[str, int]]:
    for value in _attributes(section, "extmap"):
        number, _, rest = value.partition(" ")
        identity = _number(number.partition("/")[0], 256)
        uri = rest.split(" ")[0]
        if uri in EXTENSIONS[kind] and identity:
            yield uri, identity


def _ssrcs(section: list[str]) -> dict[int, int | None]:
    ssrcs: dict[int, int | None] = {}
    for value in _attributes(section, "ssrc"):
        ssrc = _number(value.split(" ")[0], 1 << 32)
        if ssrc is not None:
            ssrcs.setdefault(ssrc)
    for value in _attributes(section, "ssrc-group"):
        semantics, *members = value.split() or [""]
        numbers = [_number(member, 1 << 32) for member in members]
        if semantics == "FID" and len(numbers) == 2 and numbers[1] is not None:
            ssrcs[numbers[1]] = numbers[0]
    return ssrcs


def _number(text: str, limit: int) -> int | None:
    """A plain decimal number below a limit; None for anything else, other scripts' digits included."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < limit else None
