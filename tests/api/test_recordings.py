"""The page of recordings, and their files in ranges."""

from __future__ import annotations

import hashlib

import pytest

from court_link.domain.context import SYSTEM, Context
from court_link.domain.link import HEARING, Admission
from court_link.domain.roles import Role
from court_link.media.archive import Archive
from court_link.scheduling import running
from court_link.store import Session, links
from court_link.store.tables import Link
from tests.api.apps import Browser, World
from tests.api.test_links import signed_in
from tests.media.scene import Scene, set_scene

SOUND = b"".join(number.to_bytes(2, "big") for number in range(5000))
ORDER = {"power": "Example power", "ordered_by": "District Judge (MC) Example"}
OFFER = (
    "v=0\r\na=ice-ufrag:abcd\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=sendonly\r\n"
)


@pytest.fixture
async def scene(world: World) -> Scene:
    made = await set_scene(world.db)
    await world.db.write(running.start, made.clerk, made.hearing)
    await world.db.write(_bench_sits, Context(SYSTEM), made)
    return made


def _bench_sits(session: Session, ctx: Context, scene: Scene) -> None:
    row = session.get_one(Link, scene.bench_link.id)
    row.admission, row.place = Admission.ADMITTED, HEARING
    links.bump(session, scene.hearing)


@pytest.fixture
async def clerk(world: World, scene: Scene) -> Browser:
    return await signed_in(world, scene.court, Role.LEGAL_ADVISER)


async def recorded(world: World, scene: Scene, clerk: Browser) -> str:
    """A recording of the bench, ordered and stopped on its pages; answers the address of its file."""
    page = f"/hearings/{scene.hearing}/recordings"
    assert (await clerk.submit(page, ORDER)).headers["location"] == page
    link = str(scene.bench_link.id)
    await world.engine.negotiate(str(scene.hearing), link, OFFER)
    await world.engine.record(link, SOUND)
    running_now = (await clerk.get(f"/api{page}")).json()[0]["id"]
    stop = f"/recordings/{running_now}/stop"
    assert (await clerk.submit(stop)).headers["location"] == page
    await Archive(world.db, world.engine, world.app.state.rooms, world.settings.recording_keep).tick()
    return f"/api/recordings/{running_now}/files/{link}.webm"


async def test_a_recording_is_ordered_stopped_and_had_from_its_page(
    world: World, scene: Scene, clerk: Browser
):
    page = f"/hearings/{scene.hearing}/recordings"
    assert "There is no recording of this hearing" in (await clerk.get(page)).text
    wrong = await clerk.submit(page, {"power": "", "ordered_by": "District Judge Example"})
    assert wrong.status_code == 422
    assert "There is a problem" in wrong.text
    assert 'value="District Judge Example"' in wrong.text
    nothing = await clerk.submit(page, {"power": "", "ordered_by": ""})
    assert (nothing.status_code, "only under a power" in nothing.text) == (422, True)
    path = await recorded(world, scene, clerk)
    shown = (await clerk.get(page)).text
    assert hashlib.sha256(SOUND).hexdigest() in shown
    assert "10.0 KB" in shown
    assert path.removeprefix("/api") in shown
    recording_id = path.split("/")[3]
    held = await clerk.submit(page, {"held": "yes"}, to=f"/recordings/{recording_id}/hold")
    assert held.status_code == 303
    assert "Held by the court" in (await clerk.get(page)).text


async def test_a_file_is_had_whole_or_in_ranges(world: World, scene: Scene, clerk: Browser):
    path = await recorded(world, scene, clerk)
    whole = await clerk.get(path)
    assert (whole.status_code, whole.content) == (200, SOUND)
    assert whole.headers["content-disposition"].startswith("attachment")
    tag = whole.headers["etag"]
    size = len(SOUND)
    for asked, start, end in (
        ("0-9", 0, 10),
        ("9990-", 9990, size),
        ("-5", size - 5, size),
        ("5-99999", 5, size),
    ):
        part = await clerk.get(path, headers={"Range": f"bytes={asked}", "If-Range": tag})
        assert part.status_code == 206
        assert part.content == SOUND[start:end]
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    beyond = await clerk.get(path, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    for nonsense in ("bytes=a-b", "bytes=-", "bytes=0-1,5-6", "lines=1-2"):
        assert (await clerk.get(path, headers={"Range": nonsense})).status_code == 200
    other = await clerk.get(path, headers={"Range": "bytes=0-9", "If-Range": '"of another"'})
    assert other.status_code == 200


async def test_a_file_of_a_media_server_that_is_away_is_a_503(world: World, scene: Scene, clerk: Browser):
    path = await recorded(world, scene, clerk)
    await world.engine.fail()
    assert (await clerk.get(path)).status_code == 503
    await world.engine.recover(fresh=True)
    await world.engine.destroy(path.split("/")[3])
    assert (await clerk.get(path)).status_code == 404


async def test_police_custody_and_other_courts_are_told_that_there_is_nothing(
    world: World, scene: Scene, clerk: Browser
):
    path = await recorded(world, scene, clerk)
    for organisation, role in (
        (scene.custody, Role.CUSTODY_OFFICER),
        (scene.force, Role.OFFICER),
        (scene.court, Role.ADMINISTRATOR),
    ):
        stranger = await signed_in(world, organisation, role)
        for address in (
            path,
            f"/api/hearings/{scene.hearing}/recordings",
            f"/hearings/{scene.hearing}/recordings",
        ):
            assert (await stranger.get(address)).status_code == 404
