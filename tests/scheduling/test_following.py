"""Personal references: issued, shown once, revocable, and silent about what may not be followed."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from court_link.domain.context import PUBLIC, Context
from court_link.domain.errors import Forbidden, NotFound
from court_link.domain.following import Followed, Stage
from court_link.domain.hearing import HearingState, Visibility
from court_link.domain.ids import new_reference
from court_link.domain.roles import Role
from court_link.scheduling import following
from court_link.scheduling.following import NotFollowed, NotToBeFollowed
from court_link.store import Db, Session
from court_link.store.tables import Hearing, TrackingReference
from tests.county import SYSTEM_CONTEXT, County, add_booking, add_hearing
from tests.stores import MONDAY

KEY = b"a key of this test"
ANYONE = Context(PUBLIC)
TEN = MONDAY + timedelta(hours=1)


def expected_start(seen: Followed) -> datetime | None:
    return seen.expected[0] if seen.expected else None


async def followed_hearing(db: Db, county: County, **facts):
    hearing = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN, **facts)
    reference = await db.write(following.issue, county.listing_officer, hearing, KEY)
    return hearing, reference


def change(session: Session, ctx: Context, /, hearing_id: UUID, **facts) -> None:
    row = session.get_one(Hearing, hearing_id)
    for name, value in facts.items():
        setattr(row, name, value)


async def test_a_reference_shows_place_time_and_stage(db: Db):
    county = await County.settle(db)
    _, reference = await followed_hearing(db, county, restrictions=True)
    seen = await db.read(following.follow, ANYONE, reference.lower().replace("-", " "), KEY)
    assert (seen.court_house, seen.courtroom) == ("Demo Court House", "Courtroom 1")
    assert (seen.starts_at, seen.stage, seen.restrictions) == (TEN, Stage.LISTED, True)


async def test_the_store_keeps_no_reference_that_could_be_stolen(db: Db):
    county = await County.settle(db)
    _, reference = await followed_hearing(db, county)

    def stored(session: Session, ctx: Context) -> list[str]:
        rows = session.exec(select(TrackingReference)).all()
        return [str(value) for row in rows for value in row.model_dump().values()]

    assert reference not in " ".join(await db.read(stored, SYSTEM_CONTEXT))
    with pytest.raises(NotFollowed):
        await db.read(following.follow, ANYONE, reference, b"another server's key")


@pytest.mark.parametrize(
    "later",
    [
        {"youth": True},
        {"family": True},
        {"visibility": Visibility.PRIVATE},
        {"visibility": Visibility.WITHHELD},
    ],
)
async def test_a_later_restriction_silences_a_reference_at_once(db: Db, later):
    county = await County.settle(db)
    hearing, reference = await followed_hearing(db, county)
    await db.write(change, SYSTEM_CONTEXT, hearing, **later)
    with pytest.raises(NotFollowed) as restricted:
        await db.read(following.follow, ANYONE, reference, KEY)
    with pytest.raises(NotFollowed) as unknown:
        await db.read(following.follow, ANYONE, new_reference(), KEY)
    assert restricted.value.message == unknown.value.message
    with pytest.raises(NotToBeFollowed):
        await db.write(following.issue, county.listing_officer, hearing, KEY)


async def test_a_revoked_reference_answers_like_an_unknown_one_and_others_stay(db: Db):
    county = await County.settle(db)
    hearing, first = await followed_hearing(db, county)
    (issued,) = await db.read(following.issued, county.listing_officer, hearing)
    second = await db.write(following.issue, county.listing_officer, hearing, KEY)
    await db.write(following.revoke, county.listing_officer, hearing, issued.id)
    await db.write(following.revoke, county.listing_officer, hearing, issued.id)
    with pytest.raises(NotFollowed):
        await db.read(following.follow, ANYONE, first, KEY)
    assert (await db.read(following.follow, ANYONE, second, KEY)).stage is Stage.LISTED


async def test_another_courts_hearing_is_absent_and_an_usher_may_not_issue(db: Db):
    county = await County.settle(db)
    hearing, _ = await followed_hearing(db, county)
    with pytest.raises(NotFound):
        await db.write(following.issue, county.foreign_listing_officer, hearing, KEY)
    with pytest.raises(Forbidden):
        await db.write(following.issue, county.person(county.court, Role.USHER), hearing, KEY)


async def test_the_place_in_the_list_and_the_window_follow_what_is_ahead(db: Db, clock):
    county = await County.settle(db)
    first = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN, minutes=30)
    hearing, reference = await followed_hearing(db, county)
    later = TEN + timedelta(minutes=30)
    await db.write(add_booking, SYSTEM_CONTEXT, first, TEN, 30, county.courtroom)
    await db.write(add_booking, SYSTEM_CONTEXT, hearing, later, 20, county.courtroom)
    seen = await db.read(following.follow, ANYONE, reference, KEY)
    assert (seen.place_in_list, expected_start(seen)) == (2, later)
    clock.set(TEN + timedelta(minutes=20))  # the first has not even started
    seen = await db.read(following.follow, ANYONE, reference, KEY)
    assert expected_start(seen) == TEN + timedelta(minutes=50)
    await db.write(change, SYSTEM_CONTEXT, first, state=HearingState.ENDED)
    seen = await db.read(following.follow, ANYONE, reference, KEY)
    assert (seen.place_in_list, expected_start(seen)) == (1, later)


async def test_a_matter_that_nobody_may_know_of_has_no_place_in_the_list(db: Db):
    county = await County.settle(db)
    secret = await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN, visibility=Visibility.WITHHELD)
    hearing, reference = await followed_hearing(db, county)
    await db.write(add_booking, SYSTEM_CONTEXT, secret, TEN, 30, county.courtroom)
    later = TEN + timedelta(minutes=30)
    await db.write(add_booking, SYSTEM_CONTEXT, hearing, later, 20, county.courtroom)
    assert (await db.read(following.follow, ANYONE, reference, KEY)).place_in_list == 1


async def test_a_relisted_hearing_is_followed_to_its_new_date(db: Db):
    county = await County.settle(db)
    hearing, reference = await followed_hearing(db, county)
    await db.write(change, SYSTEM_CONTEXT, hearing, state=HearingState.VACATED)
    assert (await db.read(following.follow, ANYONE, reference, KEY)).stage is Stage.NOT_TODAY
    tomorrow = TEN + timedelta(days=1)
    await db.write(add_hearing, SYSTEM_CONTEXT, county, tomorrow, relisted_from=hearing)
    seen = await db.read(following.follow, ANYONE, reference, KEY)
    assert (seen.new_date, seen.stage) == (tomorrow, Stage.LISTED)


async def test_a_relisting_as_a_private_matter_is_silent(db: Db):
    county = await County.settle(db)
    hearing, reference = await followed_hearing(db, county)
    private = {"relisted_from": hearing, "visibility": Visibility.PRIVATE}
    await db.write(add_hearing, SYSTEM_CONTEXT, county, TEN + timedelta(days=1), **private)
    with pytest.raises(NotFollowed):
        await db.read(following.follow, ANYONE, reference, KEY)
