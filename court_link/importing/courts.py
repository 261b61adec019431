"""Which court imports a list, for the command line; a signed-in person imports for their own."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from court_link.domain.context import Context
from court_link.domain.errors import NotFound
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.domain.roles import OrganisationKind
from court_link.importing import siting
from court_link.store import Session, identity
from court_link.store import imports as store
from court_link.store.events import record
from court_link.store.tables import Organisation


class NoSuchCourt(NotFound):
    """There is no court of that name."""


class WhichCourt(NotFound):
    """There are several courts, and none has the court houses of this list. Say which with --court."""


def importing(session: Session, ctx: Context, name: str, houses: Collection[siting.House]) -> UUID | None:
    """The court of this name; without a name the only court, or the one that has the list's court houses.

    None where there is no court at all. Raises NoSuchCourt, WhichCourt.
    """
    if name:
        named = identity.organisation_named(session, name)
        if named is None or named.kind is not OrganisationKind.COURT:
            raise NoSuchCourt()
        return named.id
    every = store.courts(session)
    if len(every) <= 1:
        return every[0].id if every else None
    having = [court.id for court in every if siting.known(session, ctx, court.id, houses)]
    if len(having) != 1:
        raise WhichCourt(f"{WhichCourt.__doc__} They are: {', '.join(court.name for court in every)}.")
    return having[0]


def found(session: Session, ctx: Context, house: str) -> UUID:
    """Makes the first court of an empty store, named after its court house."""
    court = Organisation(id=new_id(), kind=OrganisationKind.COURT, name=house or "Court")
    session.add(court)
    session.flush()
    record(
        session,
        ctx,
        EventKind.ORGANISATION_CREATED,
        organisation_id=court.id,
        data={"kind": court.kind.value},
    )
    return court.id
