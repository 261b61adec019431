"""Documents and special measures: who sees what, by whose word; on both engines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from court_link.api.limits import limit_of
from court_link.domain.clock import SetClock
from court_link.domain.errors import FieldError, Forbidden, Invalid, NotFound, Stale, WrongState
from court_link.domain.events import EventKind as E
from court_link.domain.standing import Exhibit, Screen
from court_link.media import exhibits, joining, ties
from court_link.media.exhibits import KEPT_FOR, LARGEST, NotADocument, TooMany
from court_link.media.ties import NoScreen, NotSaid
from court_link.scheduling import running
from court_link.store import Db
from tests.media.private import SYSTEMS, Private, add_defendant, set_private

PDF = b"%PDF-1.7\n%made up\n"


@pytest.fixture
async def hearing(db: Db) -> Private:
    found = await set_private(db)
    await found.bench()
    await found.comes("defendant", "advocate", "interpreter")
    await db.write(running.start, found.scene.clerk, found.scene.hearing)
    return found


async def offered(hearing: Private, title: str = "Photograph of the door") -> Exhibit:
    return await hearing.db.write(exhibits.offer, hearing.ctx("advocate"), hearing.scene.hearing, title, PDF)


async def sees(hearing: Private, name: str) -> bool:
    """Whether somebody may read the one exhibit of the hearing at this moment."""
    found = await hearing.db.read(exhibits.visible, hearing.ctx("bench"), hearing.scene.hearing)
    try:
        await hearing.db.write(exhibits.read, hearing.ctx(name), found[0].id)
    except NotFound:
        return False
    return True


async def test_a_document_is_read_by_those_to_whom_it_is_shown_while_it_is_shown(hearing: Private):
    exhibit = await offered(hearing)
    assert [await sees(hearing, name) for name in ("advocate", "bench", "defendant")] == [True, True, False]
    permit = exhibits.permit
    with pytest.raises(Forbidden):
        await hearing.db.write(permit, hearing.ctx("advocate"), exhibit.id, [hearing["defendant"].id])
    shown = await hearing.db.write(permit, hearing.ctx("bench"), exhibit.id, [hearing["defendant"].id])
    assert shown.permitted
    assert await sees(hearing, "defendant")
    assert not await sees(hearing, "interpreter")
    content = await hearing.db.write(exhibits.read, hearing.ctx("defendant"), exhibit.id)
    assert (content.body, content.exhibit.media_type) == (PDF, "application/pdf")
    # Whom it is shown to does not see it in the lobby or in a consultation.
    await hearing.consult(hearing.scene.clerk, "defendant", "advocate")
    assert not await sees(hearing, "defendant")
    assert (await hearing.told()).count(E.EXHIBIT_READ) == 4


async def test_a_hidden_document_is_seen_no_more_and_a_withdrawn_one_is_destroyed(hearing: Private):
    exhibit = await offered(hearing)
    to = [hearing["defendant"].id]
    shown = await hearing.db.write(exhibits.permit, hearing.scene.clerk, exhibit.id, to)
    with pytest.raises(Stale):
        await hearing.db.write(exhibits.hide, hearing.scene.clerk, exhibit.id, version=exhibit.version)
    await hearing.db.write(exhibits.hide, hearing.scene.clerk, exhibit.id, version=shown.version)
    assert not await sees(hearing, "defendant")
    with pytest.raises(Forbidden):
        await hearing.db.write(exhibits.withdraw, hearing.ctx("defendant"), exhibit.id)
    await hearing.db.write(exhibits.withdraw, hearing.ctx("advocate"), exhibit.id)
    for ctx in (hearing.ctx("bench"), hearing.ctx("advocate"), hearing.scene.clerk):
        with pytest.raises(NotFound):
            await hearing.db.write(exhibits.read, ctx, exhibit.id)
    with pytest.raises(NotFound):
        await hearing.db.write(exhibits.permit, hearing.scene.clerk, exhibit.id, to)


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"%PDF-1.4", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
    ],
)
def test_a_document_is_what_its_content_is(start: bytes, kind: str):
    assert exhibits.kind_of(start + b"rest") == kind


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"MZ\x90\x00", b" %PDF-1.4", b"%PDF-" + b"x" * LARGEST, b"PK\x03\x04"]
)
def test_anything_else_is_no_document(body: bytes):
    with pytest.raises(NotADocument):
        exhibits.kind_of(body)


async def test_who_may_offer_and_how_much(hearing: Private):
    offer = exhibits.offer
    for title in ("", "  ", "x" * 81, "a\u202eb"):
        with pytest.raises(Invalid) as wrong:
            await offered(hearing, title)
        assert [each.field for each in wrong.value.errors] == ["title"]
    await hearing.arrives("probation")
    with pytest.raises(WrongState):
        await hearing.db.write(offer, hearing.ctx("probation"), hearing.scene.hearing, "A report", PDF)
    await hearing.comes("observer")
    with pytest.raises(Forbidden):
        await hearing.db.write(offer, hearing.ctx("observer"), hearing.scene.hearing, "A report", PDF)
    with pytest.raises(Forbidden):
        await hearing.db.write(offer, hearing.scene.clerk, hearing.scene.hearing, "A report", PDF)
    with pytest.raises(NotFound):
        await hearing.db.write(offer, hearing.ctx("advocate"), hearing.scene.court, "A report", PDF)
    for _ in range(exhibits.MOST):
        await offered(hearing)
    with pytest.raises(TooMany):
        await offered(hearing)


async def test_an_old_document_is_destroyed_and_a_withdrawn_ones_title(hearing: Private, clock: SetClock):
    exhibit, withdrawn = await offered(hearing), await offered(hearing, "Photograph of Example Person")
    await hearing.db.write(exhibits.withdraw, hearing.ctx("advocate"), withdrawn.id)
    assert await hearing.db.write(exhibits.destroy_old, SYSTEMS) == 0
    clock.set(clock.now() + KEPT_FOR + timedelta(seconds=1))
    assert await hearing.db.write(exhibits.destroy_old, SYSTEMS) == 2
    assert await hearing.db.write(exhibits.destroy_old, SYSTEMS) == 0
    with pytest.raises(NotFound):
        await hearing.db.write(exhibits.read, hearing.scene.clerk, exhibit.id)


async def test_a_special_measure_is_ordered_by_somebody_and_lifted(hearing: Private):
    bench, defendant = hearing["bench"].id, hearing["defendant"].id
    order = ties.order_screens
    where = hearing.scene.hearing
    screen = Screen(defendant, bench, picture=False, sound=True, ordered_by="  District Judge Example ")
    stands = await hearing.db.write(order, hearing.scene.clerk, where, [screen])
    assert stands == (Screen(defendant, bench, False, True, "District Judge Example"),)
    assert not await hearing.hears("bench", "defendant")
    assert await hearing.hears("defendant", "bench")
    with pytest.raises(Stale):
        await hearing.db.write(order, hearing.scene.clerk, where, [], version=0)
    assert await hearing.db.write(order, hearing.scene.clerk, where, [], version=ties.mark(stands)) == ()
    assert await hearing.hears("bench", "defendant")
    assert (await hearing.told()).count(E.SCREEN_CHANGED) == 2
    with pytest.raises(Forbidden):
        await hearing.db.write(order, hearing.ctx("advocate"), where, [screen])
    with pytest.raises(NotFound):
        await hearing.db.write(order, hearing.scene.stranger, where, [screen])


@pytest.mark.parametrize(
    ("same", "picture", "by", "field"),
    [(True, True, "Bench", "screens"), (False, False, "Bench", "screens"), (False, True, " ", "ordered_by")],
)
async def test_a_measure_says_who_whom_what_and_by_whose_order(
    hearing: Private, same: bool, picture: bool, by: str, field: str
):
    source = hearing["defendant"].id
    receiver = source if same else hearing["advocate"].id
    wanted = [Screen(source, receiver, picture, False, by)]
    with pytest.raises(NoScreen) as wrong:
        await hearing.db.write(ties.order_screens, hearing.scene.clerk, hearing.scene.hearing, wanted)
    assert [each.field for each in wrong.value.errors] == [field]
    assert isinstance(wrong.value.errors[0], FieldError)
    nobody = [Screen(source, hearing.scene.court, ordered_by="Bench")]
    with pytest.raises(NotFound):
        await hearing.db.write(ties.order_screens, hearing.scene.clerk, hearing.scene.hearing, nobody)


async def test_the_court_says_who_acts_for_whom_where_there_are_several(hearing: Private):
    one = await hearing.standing()
    assert one.ties[hearing["advocate"].id] == {hearing["defendant"].id}
    await add_defendant(hearing, "other defendant")
    assert hearing["advocate"].id not in (await hearing.standing()).ties
    tie = ties.tie
    other = hearing["other defendant"].id
    standing = await hearing.db.write(tie, hearing.ctx("bench"), hearing["advocate"].id, [other])
    assert standing.acts_for[hearing["advocate"].id] == {other}
    for who, served in (
        ("defendant", [other]),  # who is there for themselves
        ("advocate", [hearing["bench"].id]),  # no client
        ("advocate", [hearing["advocate"].id]),  # themselves
    ):
        with pytest.raises(NotSaid):
            await hearing.db.write(tie, hearing.scene.clerk, hearing[who].id, served)
    await hearing.db.write(tie, hearing.scene.clerk, hearing["interpreter"].id, [hearing["bench"].id])
    with pytest.raises(Forbidden):
        await hearing.db.write(tie, hearing.ctx("advocate"), hearing["advocate"].id, [other])
    with pytest.raises(NotFound):
        await hearing.db.write(tie, hearing.scene.clerk, hearing["advocate"].id, [hearing.scene.court])
    await hearing.db.write(tie, hearing.scene.clerk, hearing["advocate"].id, [])
    assert hearing["advocate"].id not in (await hearing.standing()).ties
    await hearing.db.write(joining.revoke, hearing.scene.clerk, hearing["defendant"].id)
    assert (await hearing.standing()).ties[hearing["advocate"].id] == {other}


def test_a_request_carries_a_document_and_no_more():
    assert limit_of("/api/hearings/x/exhibits") == LARGEST
    assert limit_of("/api/hearings/x/exhibits/more") < LARGEST
