"""Real browsers' offers, and offers that nobody should send."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from court_link.media.embedded import answer, offer, rtp
from court_link.media.engine import Kind, OfferRefused

OFFERS = Path(__file__).with_name("offers")
BROWSERS = ["chromium", "firefox"]
LOCAL = answer.Local("abcdefgh12345678", "p" * 32, ":".join(["AB"] * 32), ("192.0.2.7", "127.0.0.1"), 4000)


def real(browser: str) -> str:
    return (OFFERS / f"{browser}.sdp").read_bytes().decode()


def answered(text: str) -> str:
    read = offer.read(text)
    uplinks = frozenset(line.mid for line in read.lines if line.sends)
    seats = {
        line.mid: answer.Outgoing(f"seat{i}", 1000 + i, 2000 + i if line.codec and line.codec.rtx else None)
        for i, line in enumerate(read.lines)
        if line.receives
    }
    return answer.write(read, LOCAL, uplinks, seats, 7)


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_real_offer_is_read(browser: str) -> None:
    read = offer.read(real(browser))
    assert [(line.kind, line.sends, line.receives) for line in read.lines] == [
        (Kind.AUDIO, True, False),
        (Kind.VIDEO, True, False),
        *[(Kind.AUDIO, False, True), (Kind.VIDEO, False, True)] * 2,
    ]
    sound, picture = read.lines[:2]
    assert sound.codec is not None
    assert picture.codec is not None
    assert picture.codec.rtx is not None
    assert {rtp.AUDIO_LEVEL, rtp.MID} <= set(sound.extensions)
    assert rtp.TRANSPORT_WIDE in picture.extensions
    assert "nack pli" in picture.codec.feedback
    assert len(read.fingerprints) == 1


def page(browser: str, seats: int, *, screen: bool) -> str:
    """A browser's offer with so many seats, and both lines of a shared screen."""
    # Firefox announces a stream of its own on each line, for the reports of its receiver.
    head, *lines = re.split(r"(?=^m=)", real(browser), flags=re.MULTILINE)
    shared = [lines[1]] if screen else []
    lines = [*lines[:2], *shared, *(lines[2:4] * seats), *([lines[3]] if screen else [])]
    renamed = [
        re.sub(r"(a=ssrc:|FID )\d+", rf"\g<1>{number}", re.sub(r"a=mid:\d+", f"a=mid:{number}", line))
        for number, line in enumerate(lines)
    ]
    return head + "".join(renamed)


@pytest.mark.parametrize("browser", BROWSERS)
def test_sixteen_links_and_a_screen_fit_into_one_offer_and_one_answer(browser: str) -> None:
    text = page(browser, 15, screen=True)
    assert len(text) < offer.LONGEST
    read = offer.read(text)
    assert [line.kind for line in read.lines if line.sends] == [Kind.AUDIO, Kind.VIDEO, Kind.SCREEN]
    seats = [line.kind for line in read.lines if line.receives]
    assert seats == [Kind.AUDIO, Kind.VIDEO] * 15 + [Kind.SCREEN]
    assert all(not line.ssrcs for line in read.lines if not line.sends)
    sections = re.split(r"^m=", answered(text), flags=re.MULTILINE)[1:]
    assert len(sections) == 34
    assert [section.count("a=recvonly") for section in sections] == [1] * 3 + [0] * 31
    assert [section.count("a=sendonly") for section in sections] == [0] * 3 + [1] * 31
    assert "x-google-start-bitrate" in sections[1]
    assert "x-google-start-bitrate" not in sections[2], "a screen begins when it is shared"


@pytest.mark.parametrize("browser", BROWSERS)
def test_an_offer_without_a_screen_has_none(browser: str) -> None:
    kinds = {line.kind for line in offer.read(page(browser, 15, screen=False)).lines}
    assert kinds == {Kind.AUDIO, Kind.VIDEO}
    watcher = re.sub(r"a=sendonly", "a=inactive", page(browser, 3, screen=False))
    assert Kind.SCREEN not in {line.kind for line in offer.read(watcher).lines}
    head, *lines = re.split(r"(?=^m=)", real(browser), flags=re.MULTILINE)
    pictures_alone = offer.read(head + lines[3])
    assert [line.kind for line in pictures_alone.lines] == [Kind.VIDEO], "a watcher of pictures has seats"


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_answer_has_what_browsers_need_on_every_line(browser: str) -> None:
    text = answered(real(browser))
    session, *sections = re.split(r"^m=", text, flags=re.MULTILINE)
    for needed in ("v=0", "o=", "s=-", "t=0 0", "a=ice-lite", "a=group:BUNDLE 0 1 2 3 4 5"):
        assert needed in session
    assert len(sections) == 6
    for section in sections:
        for needed in (
            "ice-ufrag:",
            "ice-pwd:",
            "fingerprint:sha-256 ",
            "setup:passive",
            "rtcp-mux",
            "rtcp-rsize",
        ):
            assert f"a={needed}" in section
        assert section.count("a=candidate:") == 2
        assert "a=end-of-candidates" in section
    for uplink in sections[:2]:
        assert "a=recvonly" in uplink
        assert f" {rtp.MID}" in uplink
        assert "a=ssrc" not in uplink
    for seat in sections[2:]:
        assert "a=sendonly" in seat
        assert f" {rtp.MID}" not in seat, "the publisher's mid must never reach a receiver"
        assert "a=msid:seat" in seat
    assert "x-google-start-bitrate=1500" in sections[1]
    assert "transport-cc" in sections[1]
    # Its own stream before the retransmissions, or Chromium takes the wrong one.
    first, second = re.findall(r"^a=ssrc:(\d+) ", sections[3], re.MULTILINE)
    assert f"a=ssrc-group:FID {first} {second}" in sections[3]


@pytest.mark.parametrize("browser", BROWSERS)
def test_payload_types_are_the_offers_own(browser: str) -> None:
    read = offer.read(real(browser))
    for line, section in zip(
        read.lines, re.split(r"^m=", answered(real(browser)), flags=re.MULTILINE)[1:], strict=True
    ):
        assert section.split("\r\n")[0].split()[3:] == [
            str(pt) for codec in line.codecs for pt in (codec.payload_type, codec.rtx) if pt is not None
        ]


def test_a_data_channel_or_a_foreign_codec_is_refused_but_the_rest_answered() -> None:
    text = real("chromium") + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:data\r\n"
    section = answered(text).split("m=application")[1]
    assert section.startswith(" 0 ")
    assert "a=inactive" in section


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: re.sub("VP8|H264", "VP9", text).replace("opus/48000/2", "PCMU/8000"), "neither"),
        (lambda text: text + "a=x:" + "x" * offer.LONGEST, "too long"),
        (lambda text: text + "m=audio 9 RTP/AVP 0\r\n" * 64, "too many lines"),
        (lambda text: text.replace("a=mid:1", "a=mid:0"), "same name"),
        (lambda text: re.sub(r"a=fingerprint:.*\r\n", "", text), "certificate"),
        (lambda text: text.replace("setup:actpass", "setup:passive"), "waits"),
        (lambda text: re.sub(r"a=ice-pwd:.*\r\n", "", text), "ICE"),
        (lambda text: re.sub(r"a=mid:.*\r\n", "", text), "cannot be read"),
        (
            lambda text: text.replace(
                "a=sendonly\r\n", "a=sendonly\r\n" + "".join(f"a=ssrc:{n} cname:x\r\n" for n in range(17)), 1
            ),
            "too many streams",
        ),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(change: object, sentence: str) -> None:
    assert callable(change)
    with pytest.raises(OfferRefused, match=sentence):
        offer.read(change(real("chromium")))


def test_h264_is_taken_from_whoever_sends_nothing_else_and_is_shown_beside_vp8() -> None:
    car = real("chromium").replace("VP8/90000", "VP9/90000")
    assert [codec.name for codec in offer.read(car).lines[1].codecs] == [offer.H264]
    uplink, *_ = re.split(r"^m=video", answered(car), flags=re.MULTILINE)[1:]
    assert "packetization-mode=1" in uplink
    read = offer.read(real("chromium"))
    assert [codec.name for codec in read.lines[1].codecs] == [offer.VP8]
    assert [codec.name for codec in read.lines[3].codecs] == [offer.VP8, offer.H264]
    *_, seat = re.split(r"^m=video", answered(real("chromium")), flags=re.MULTILINE)[1:]
    assert seat.index("VP8/90000") < seat.index("H264/90000")
    single = re.sub("packetization-mode=1", "packetization-mode=0", car)
    assert offer.read(single).lines[1].codecs == ()


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        ("6742c01e", True),
        ("68ce3c80", False),
        ("6588", False),
        ("7c85", False),
        ("180004" + "6742c01e" + "0002" + "68ce", True),
        ("180002" + "09f0" + "0004" + "6742c01e", True),
        ("180002" + "68ce" + "0002" + "6588", False),
        ("18ffff67", True),
        ("18ffff68", False),
        ("18", False),
        ("", False),
    ],
)
def test_an_h264_picture_begins_with_its_parameters(payload: str, begins: bool) -> None:
    packet = bytes(12) + bytes.fromhex(payload)
    assert rtp.starts_h264_keyframe(memoryview(packet), 12, len(packet)) is begins
