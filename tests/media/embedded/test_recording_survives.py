"""A recorded hearing of three through a real worker that is killed half-way: what was written plays."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest

from court_link.media.embedded.client import EmbeddedEngine
from court_link.media.embedded.recorder import verify
from court_link.media.embedded.rtp import HEADER
from court_link.media.engine import DesiredRoom, Manifest
from tests.media import rig
from tests.media.clips import Clip, clip, play
from tests.media.peer import AUDIO, VIDEO, Peer
from tests.media.rig import everyone_sees_everyone, until

ROOM, NODE = "hearing", "test-1"
SECONDS = 3.0
#: By brightness and pitch each is known wherever it turns up; the secret is of the consultation alone.
BENCH, ADVOCATE, DEFENDANT, SECRET = (60, 300), (100, 500), (140, 700), (220, 1900)
LINKS = {"bench": BENCH, "advocate": ADVOCATE, "defendant": DEFENDANT}


def recorded(version: int, recording: str | None = "one", private: bool = False) -> DesiredRoom:
    """All three in the hearing; or two of them in consultation, from where nothing is recorded."""
    room = replace(everyone_sees_everyone(ROOM, version, *LINKS), recording=recording)
    if not private:
        return room
    away = tuple(
        link if link.link == "bench" else replace(link, place="consultation:1", epoch=1)
        for link in room.links
    )
    return replace(room, links=away)


async def join(engine: EmbeddedEngine) -> dict[str, Peer]:
    peers = {link: Peer() for link in LINKS}
    for link, peer in peers.items():
        await peer.connect((await engine.negotiate(ROOM, link, peer.offer(2))).answer)

    async def all_connected() -> bool:
        return all(link.connected for link in (await engine.snapshot(ROOM)).links)

    await until(all_connected, 30.0, "three connections")
    return peers


async def perform(peer: Peer, said: Clip) -> None:
    """Send a clip at the pace at which it was made, however late the machine is."""
    sent = [(VIDEO, peer.video_ssrc, each) for each in said.picture]
    sent += [(AUDIO, peer.audio_ssrc, each) for each in said.sound]
    began = time.monotonic()
    for kind, ssrc, each in sorted(sent, key=lambda one: one[2].at):
        await asyncio.sleep(max(0.0, began + each.at - time.monotonic()))
        mark = kind | (0x80 if each.marker else 0)
        peer.send(HEADER.pack(0x80, mark, each.sequence, each.timestamp, ssrc) + each.payload)


def files(folder: Path) -> dict[str, list[Path]]:
    """The recording's files by link, oldest first."""
    found = sorted((folder / "one").glob("*.webm"))
    return {link: [path for path in found if path.name.startswith(f"{link}-")] for link in LINKS}


def check(path: Path, level: int, tone: int, seconds: float) -> None:
    """The file plays, for about so long, and nothing is in it but this brightness and pitch."""
    seen = play(str(path))
    assert seen.frames >= 5, path.name
    assert all(abs(found - level) < 6 for found in seen.levels), path.name
    assert seen.tone == pytest.approx(tone, rel=0.05), path.name
    assert seen.heard == pytest.approx(seconds, abs=1.6), path.name
    assert seen.times == tuple(sorted(seen.times))


async def test_three_are_recorded_the_worker_is_killed_and_everything_written_plays(tmp_path: Path) -> None:
    clips = {link: clip(*known, SECONDS) for link, known in LINKS.items()}
    secret = clip(*SECRET, 1.0)
    with rig.worker(recordings=str(tmp_path)) as worker:
        engine = worker.engine()
        await engine.apply(recorded(1))
        peers = await join(engine)
        await asyncio.gather(*(perform(peers[link], clips[link]) for link in LINKS))
        assert await engine.manifest("one") is None, "it still runs"
        # The advocate and the defendant consult in private. The bench, alone, is recorded still.
        await engine.apply(recorded(2, private=True))
        await asyncio.gather(*(perform(peers[link], secret) for link in ("advocate", "defendant")))

        async def written() -> bool:
            return all(found and found[0].stat().st_size > 20_000 for found in files(tmp_path).values())

        await until(written, 30.0, "the files")
        worker.process.kill()
        worker.process.wait()
        for peer in peers.values():
            peer.vanish()
        await engine.aclose()
    for link, known in LINKS.items():
        (path,) = files(tmp_path)[link]
        check(path, *known, SECONDS)

    # Another worker in its place goes on, in fresh files, and seals the whole.
    with rig.worker(recordings=str(tmp_path)) as worker:
        engine = worker.engine()
        await engine.apply(recorded(3))
        peers = await join(engine)
        await asyncio.gather(*(perform(peers[link], clips[link]) for link in LINKS))
        await engine.apply(recorded(4, recording=None))

        async def sealed() -> Manifest | None:
            return await engine.manifest("one")

        manifest = await until(sealed, 30.0, "sealing")
        assert verify(tmp_path / "one", manifest) == ()
        assert sorted(file.link for file in manifest.files) == sorted([*LINKS, *LINKS])
        first = manifest.files[0]
        middle = [chunk async for chunk in engine.recorded("one", first.name, 100, 300)]
        assert b"".join(middle) == (tmp_path / "one" / first.name).read_bytes()[100:300]
        for link, known in LINKS.items():
            for path in files(tmp_path)[link]:
                check(path, *known, SECONDS)
        for file in manifest.files:
            assert file.milliseconds == pytest.approx(SECONDS * 1000, abs=1600)
        await engine.destroy("one")
        assert not (tmp_path / "one").exists()
        for peer in peers.values():
            await peer.close()
        await engine.aclose()


async def test_positive_control_the_secret_would_be_seen_and_heard_if_it_were_recorded(
    tmp_path: Path,
) -> None:
    secret = clip(*SECRET, 2.0)
    with rig.worker(recordings=str(tmp_path)) as worker:
        engine = worker.engine()
        room = recorded(1, private=True)
        await engine.apply(replace(room, recorded="consultation:1"))
        peers = await join(engine)
        await perform(peers["advocate"], secret)
        await engine.apply(recorded(2, recording=None))

        async def sealed() -> Manifest | None:
            return await engine.manifest("one")

        await until(sealed, 30.0, "sealing")
        (path,) = files(tmp_path)["advocate"]
        check(path, *SECRET, 2.0)
        with pytest.raises(AssertionError):
            check(path, *ADVOCATE, 2.0)
        for peer in peers.values():
            await peer.close()
        await engine.aclose()
