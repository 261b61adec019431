"""Recorded files: ordinary players play them, whatever was lost, and a killed process leaves them whole."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import threading
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from court_link.media.embedded import recorder, webm
from court_link.media.embedded.offer import H264, OPUS, VP8
from court_link.media.embedded.recorder import Recorder, seal, verify
from court_link.media.engine import Kind, RecordedFile
from tests.media.clips import RATE, Clip, Sent, clip, encoders_picture, play
from tests.media.rig import until
from tests.media.table import within

LEVEL, TONE, SECONDS = 120, 440, 4.0
CODECS = {Kind.AUDIO: OPUS, Kind.VIDEO: VP8}


@cache
def a_clip() -> Clip:
    return clip(LEVEL, TONE, SECONDS)


@dataclass
class Desk:
    """A recorder and what it said."""

    folder: Path
    said: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recorder = Recorder(self.folder, lambda room, recording, state, why: self._hear(state, why))

    def _hear(self, state: str, why: str) -> None:
        self.said.append((state, why))

    def states(self) -> list[str]:
        return [state for state, _ in self.said]

    def send(self, link: str, picture: Iterable[Sent], sound: Iterable[Sent]) -> None:
        """A link's packets in the order of arrival, and then it goes."""
        taps = {kind: self.recorder.tap("room", "one", link, kind, codec) for kind, codec in CODECS.items()}
        began = time.time()
        sent = [(Kind.VIDEO, each) for each in picture] + [(Kind.AUDIO, each) for each in sound]
        for kind, each in sorted(sent, key=lambda pair: pair[1].at):
            tap = taps[kind]
            assert tap
            tap.packet(kind, each.payload, each.timestamp, each.sequence, each.marker, began + each.at)
        for tap in taps.values():
            assert tap
            tap.close()

    async def sealed(self) -> tuple[RecordedFile, ...]:
        await within(lambda: self.recorder.manifest("one"), "sealing")
        manifest = self.recorder.manifest("one")
        assert manifest is not None
        assert verify(self.folder / "one", manifest) == ()
        return manifest.files


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path / "recordings")
    yield made
    made.recorder.close()


async def test_what_was_sent_is_played_by_an_ordinary_player(desk: Desk) -> None:
    desk.send("a", a_clip().picture, a_clip().sound)
    (listed,) = await desk.sealed()
    path = desk.folder / "one" / listed.name
    seen = play(str(path))
    assert seen.frames == SECONDS * RATE
    assert all(abs(level - LEVEL) < 4 for level in seen.levels)
    assert seen.times == pytest.approx([number / RATE for number in range(seen.frames)], abs=0.002)
    assert seen.heard == pytest.approx(SECONDS, abs=0.05)
    assert seen.tone == pytest.approx(TONE, rel=0.02)
    assert listed.milliseconds == pytest.approx(SECONDS * 1000, abs=100)
    assert listed.bytes == path.stat().st_size
    assert path.stat().st_mode & 0o077 == 0
    assert desk.states() == ["started", "stopped"]


async def test_packets_out_of_order_and_twice_make_the_same_recording(desk: Desk, rng: random.Random) -> None:
    def shaken(sent: tuple[Sent, ...]) -> list[Sent]:
        late = [Sent(each.at + rng.random() * 0.3, *_rest(each)) for each in sent[1:]]
        return [sent[0], *late, *rng.sample(late, 10)]

    desk.send("a", shaken(a_clip().picture), shaken(a_clip().sound))
    (listed,) = await desk.sealed()
    seen = play(str(desk.folder / "one" / listed.name))
    assert seen.frames == SECONDS * RATE
    assert seen.heard == pytest.approx(SECONDS, abs=0.05)


def _rest(sent: Sent) -> tuple[int, int, bool, bytes]:
    return sent.timestamp, sent.sequence, sent.marker, sent.payload


async def test_a_picture_in_h264_is_recorded_as_it_came_and_plays(desk: Desk) -> None:
    sent = encoders_picture(LEVEL, SECONDS)
    taps = {kind: desk.recorder.tap("room", "one", "a", kind, codec) for kind, codec in CODECS.items()}
    picture = desk.recorder.tap("room", "one", "b", Kind.VIDEO, H264)
    assert picture
    for each in sent:
        picture.packet(Kind.VIDEO, each.payload, each.timestamp, each.sequence, each.marker, each.at)
    picture.close()
    for tap in taps.values():
        assert tap
        tap.close()
    (listed,) = await desk.sealed()
    assert listed.name.endswith(".mkv")
    assert listed.link == "b"
    seen = play(str(desk.folder / "one" / listed.name))
    assert seen.frames == SECONDS * RATE
    assert all(abs(level - LEVEL) < 4 for level in seen.levels)


async def test_an_h264_picture_that_lost_packets_goes_on_with_the_next_keyframe(desk: Desk) -> None:
    sent = encoders_picture(LEVEL, SECONDS)
    gone = next(number for number, each in enumerate(sent) if each.at > 1.5)
    picture = desk.recorder.tap("room", "one", "b", Kind.VIDEO, H264)
    assert picture
    for each in (*sent[:gone], *sent[gone + 1 :]):
        picture.packet(Kind.VIDEO, each.payload, each.timestamp, each.sequence, each.marker, each.at)
    picture.close()
    (listed,) = await desk.sealed()
    seen = play(str(desk.folder / "one" / listed.name))
    assert SECONDS * RATE - RATE <= seen.frames < SECONDS * RATE
    assert all(abs(level - LEVEL) < 4 for level in seen.levels)


async def test_lost_packets_leave_gaps_and_nothing_that_is_left_is_damaged(
    desk: Desk, rng: random.Random
) -> None:
    gone = rng.sample(range(1, len(a_clip().picture)), 3)
    picture = [each for number, each in enumerate(a_clip().picture) if number not in gone]
    sound = [each for each in a_clip().sound if not 1.0 <= each.at < 2.0]
    desk.send("a", picture, sound)
    (listed,) = await desk.sealed()
    seen = play(str(desk.folder / "one" / listed.name))
    # A picture is shown only when everything that it builds on was: to the next keyframe, a second away.
    assert SECONDS * RATE - 3 * RATE <= seen.frames <= SECONDS * RATE - 1
    assert all(abs(level - LEVEL) < 4 for level in seen.levels)
    assert seen.heard == pytest.approx(SECONDS - 1.0, abs=0.1)


async def test_a_line_that_lost_its_place_asks_for_a_keyframe(desk: Desk) -> None:
    tap = desk.recorder.tap("room", "one", "a", Kind.VIDEO, VP8)
    assert tap
    began = time.time()
    asked = [
        tap.packet(Kind.VIDEO, each.payload, each.timestamp, each.sequence, each.marker, began + each.at)
        for each in a_clip().picture[:20]
    ]
    assert asked == [True, *[False] * 19]
    tap.packet(Kind.VIDEO, b"\x10\x01", 0, 3000, True, began + 3)  # far ahead: the rest is given up

    async def again() -> bool:
        return tap.packet(Kind.VIDEO, b"\x10\x01", 0, 3001, True, began + 3)

    await until(again, 30.0, "asking again")
    tap.close()


async def test_timestamps_that_jump_do_not_stretch_the_recording(desk: Desk) -> None:
    jumped = [
        Sent(each.at, (each.timestamp + (0x7FFFFFFF if each.at >= 2 else 0)) & 0xFFFFFFFF, *_rest(each)[1:])
        for each in a_clip().sound
    ]
    desk.send("a", (), jumped)
    (listed,) = await desk.sealed()
    assert listed.milliseconds == pytest.approx(SECONDS * 1000, abs=100)


async def test_a_screen_has_a_file_of_its_own_and_each_return_another(desk: Desk) -> None:
    screen = desk.recorder.tap("room", "one", "a", Kind.SCREEN, VP8)
    assert screen
    for each in a_clip().picture:
        screen.packet(Kind.SCREEN, each.payload, each.timestamp, each.sequence, each.marker, each.at)
    screen.close()
    desk.send("a", a_clip().picture, a_clip().sound)
    await asyncio.sleep(0.002)  # names are told apart by the millisecond
    desk.send("a", a_clip().picture, ())
    listed = await desk.sealed()
    assert [(one.link, one.screen) for one in listed] == [("a", False), ("a", False), ("a", True)]


async def test_a_full_disk_is_said_within_five_seconds_and_the_recording_goes_on_when_there_is_room(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    taps = {kind: desk.recorder.tap("room", "one", "a", kind, codec) for kind, codec in CODECS.items()}
    write, full = os.pwrite, threading.Event()

    def pwrite(file: int, data: bytes, at: int) -> int:
        if full.is_set():
            write(file, bytes(data)[:10], at)  # a torn write, as of a full disk
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    stop = asyncio.Event()

    async def speak() -> None:
        number = 0
        while not stop.is_set():
            for kind, all_sent, clock in (
                (Kind.AUDIO, a_clip().sound, 48000),
                (Kind.VIDEO, a_clip().picture, 90000),
            ):
                tap, each = taps[kind], all_sent[number % len(all_sent)]
                assert tap
                tap.packet(
                    kind,
                    each.payload,
                    int(time.time() * clock) & 0xFFFFFFFF,
                    number,
                    each.marker,
                    time.time(),
                )
            number += 1
            await asyncio.sleep(0.02)

    speaking = asyncio.ensure_future(speak())
    await asyncio.sleep(1.5)
    full.set()
    since = time.monotonic()
    await within(lambda: "stalled" in desk.states(), "stalling")
    assert time.monotonic() - since < 5.0
    assert desk.said[-1] == ("stalled", "No space left on device")
    full.clear()
    await within(lambda: desk.states()[-1] == "resumed", "going on")
    stop.set()
    await speaking
    for tap in taps.values():
        assert tap
        tap.close()
    (listed,) = await desk.sealed()
    assert play(str(desk.folder / "one" / listed.name)).heard > 1.0
    assert desk.states() == ["started", "stalled", "resumed", "stopped"]


async def test_a_disk_that_hangs_delays_nobody_and_is_said(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = threading.Event()
    write = os.pwrite

    def pwrite(file: int, data: bytes, at: int) -> int:
        hang.wait(60)
        return write(file, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    monkeypatch.setattr(recorder, "MOST_QUEUED", 100_000)
    tap = desk.recorder.tap("room", "one", "a", Kind.AUDIO, OPUS)
    assert tap
    slowest = 0.0
    for number in range(5000):
        began = time.perf_counter()
        tap.packet(Kind.AUDIO, bytes(100), number * 960, number, False, time.time())
        slowest = max(slowest, time.perf_counter() - began)
    await within(lambda: ("stalled", "the disk is too slow") in desk.said, "stalling")
    hang.set()
    await within(lambda: desk.states()[-1] == "resumed", "going on")
    tap.close()
    (listed,) = await desk.sealed()
    # What found no room was left out; the rest is there.
    assert 0 < listed.bytes < 200_000
    assert slowest < 1.0


async def test_a_torn_file_is_finished_and_plays_to_its_last_whole_second(tmp_path: Path) -> None:
    path = tmp_path / "a-20261123T101500.000Z.webm"
    writer = webm.Writer(path, (OPUS,), 0.0)
    for each in a_clip().sound:
        writer.add(1, round(each.at * 1000), each.payload, keyframe=True, opens=each.at % 1 == 0)
    writer.flush()
    writer.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-500])
    assert play(str(path)).heard == pytest.approx(SECONDS, abs=0.5)
    assert webm.finish(path) == pytest.approx(SECONDS - 1, abs=0.05)
    assert play(str(path)).heard == pytest.approx(SECONDS - 1, abs=0.05)
    once = path.read_bytes()
    webm.finish(path)
    assert path.read_bytes() == once


async def test_a_file_changed_after_sealing_is_found(desk: Desk) -> None:
    desk.send("a", (), a_clip().sound)
    desk.send("b", (), a_clip().sound)
    listed = await desk.sealed()
    manifest = desk.recorder.manifest("one")
    assert manifest
    first, second = (desk.folder / "one" / one.name for one in listed)
    first.write_bytes(first.read_bytes().replace(b"Court Link", b"Count Link"))
    second.unlink()
    assert verify(desk.folder / "one", manifest) == (first.name, second.name)


async def test_names_that_are_no_names_reach_no_file(desk: Desk) -> None:
    assert desk.recorder.tap("room", "../one", "a", Kind.AUDIO, OPUS) is None
    assert desk.recorder.tap("room", "one", "/etc", Kind.AUDIO, OPUS) is None
    desk.send("a", (), a_clip().sound)
    await desk.sealed()
    for recording, name in (("one", "manifest.json"), ("one", "../one/manifest.json"), ("..", "a.webm")):
        assert desk.recorder.file(recording, name) is None
    desk.recorder.destroy("..")
    assert (desk.folder / "one").is_dir()
    desk.recorder.destroy("one")
    desk.recorder.destroy("one")
    assert not (desk.folder / "one").exists()


async def test_a_file_that_never_was_begun_is_no_part_of_the_recording(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a-20261123T101500.000Z.webm").write_bytes(b"")
    seal(tmp_path / "one")
    assert (tmp_path / "one" / "manifest.json").read_text() == '{"recording":"one","files":[]}'
