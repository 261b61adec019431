"""The demonstration's organisations and people. Every name is made up, and plainly so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from court_link.domain.context import SYSTEM, Actor, ActorKind, Context
from court_link.domain.errors import NotFound
from court_link.domain.places import PersonKind
from court_link.domain.roles import OrganisationKind, Role
from court_link.identity import organisations, people, sessions
from court_link.importing import register
from court_link.importing.register import County
from court_link.settings import Settings
from court_link.store import Session, places
from court_link.store import identity as accounts
from court_link.store.tables import Organisation

AREA = "Hertfordshire"

COURT = "Hertfordshire Magistrates’ Court"
CUSTODY = "Hertfordshire custody service"
FORCE = "Hertfordshire police (demonstration)"
PROSECUTION = "Prosecution service (demonstration)"
LARKSPUR = "Larkspur and Teasel Solicitors"
MEDLAR = "Medlar Row Solicitors"
COMMISSIONER = "Hertfordshire Commissioner’s office (demonstration)"

_KINDS = {
    COURT: OrganisationKind.COURT,
    CUSTODY: OrganisationKind.CUSTODY,
    FORCE: OrganisationKind.FORCE,
    PROSECUTION: OrganisationKind.PROSECUTION,
    LARKSPUR: OrganisationKind.DEFENCE,
    MEDLAR: OrganisationKind.DEFENCE,
    COMMISSIONER: OrganisationKind.COMMISSIONER,
}


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody of the demonstration. `key` names them in code; those with roles can sign in."""

    key: str
    name: str
    organisation: str
    roles: frozenset[Role] = frozenset()
    person: PersonKind | None = None
    number: str = ""

    @property
    def email(self) -> str:
        return f"{self.key}@demonstration.example"


PLAYERS = (
    Player("clerk", "Marjoram Fettle", COURT, frozenset({Role.LISTING_OFFICER, Role.LEGAL_ADVISER})),
    Player("usher", "Tansy Oddfellow", COURT, frozenset({Role.USHER})),
    Player("bench", "District Judge Peregrine Thistlewick", COURT, frozenset({Role.BENCH})),
    Player("administrator", "Linden Gossamer", COURT, frozenset({Role.ADMINISTRATOR})),
    Player(
        "officer", "Sergeant Quill Marchpane", FORCE, frozenset({Role.OFFICER}), PersonKind.OFFICER, "1187"
    ),
    Player("officer2", "PC Bramble Otterway", FORCE, frozenset({Role.OFFICER}), PersonKind.OFFICER, "2044"),
    Player("officer3", "PC Juniper Halfpenny", FORCE, frozenset({Role.OFFICER}), PersonKind.OFFICER, "3121"),
    Player("officer4", "DC Sorrel Wickett", FORCE, frozenset({Role.OFFICER}), PersonKind.OFFICER, "4410"),
    Player("force-administrator", "Alder Mossbank", FORCE, frozenset({Role.ADMINISTRATOR})),
    Player("custody", "Sergeant Damson Ploverly", CUSTODY, frozenset({Role.CUSTODY_OFFICER})),
    Player("detention", "Clover Netherby", CUSTODY, frozenset({Role.DETENTION_OFFICER})),
    Player(
        "prosecutor",
        "Rowan Applethwaite",
        PROSECUTION,
        frozenset({Role.PROSECUTOR}),
        PersonKind.PROSECUTOR,
    ),
    Player("advocate", "Saffron Quillfeather", LARKSPUR, frozenset({Role.ADVOCATE}), PersonKind.ADVOCATE),
    Player("advocate2", "Barnaby Fennimore", MEDLAR, frozenset({Role.ADVOCATE}), PersonKind.ADVOCATE),
    Player("commissioner", "Hester Goldcrest", COMMISSIONER, frozenset({Role.COMMISSIONER})),
)
#: Officers who give evidence and do not sign in to the demonstration.
OFFICERS = (
    *("PC Wren Tollgate", "PC Hazel Brimstone-Lake", "PC Fennel Draycart", "PC Aster Pennywhistle"),
    *("DC Larch Underbough", "PC Basil Thimblewood", "PC Clover Ashdown-Vane", "Sergeant Rue Hartlepage"),
    *("PC Moss Kettleby", "DC Ivy Candlewick", "PC Yarrow Fothergale", "PC Teasel Winterbourne-Ash"),
    *("PC Sedge Applecart", "PC Bryony Lockless"),
)
#: Interpreters, and what they interpret.
INTERPRETERS = {
    "Hedera Vantongue": ("Polish", "Ukrainian"),
    "Ilex Mondovar": ("Romanian",),
    "Camellia Dusk-Arrowby": ("British Sign Language",),
}
#: Who stands by a young defendant.
YOUTH = {
    "Meadow Cottonwick": PersonKind.APPROPRIATE_ADULT,
    "Heath Lindenbrook": PersonKind.YOUTH_OFFENDING_TEAM,
    "Sorrel Pikestaff": PersonKind.PROBATION,
}
BY_KEY = {player.key: player for player in PLAYERS}


def is_founded(session: Session, ctx: Context) -> bool:
    return accounts.organisation_named(session, COURT) is not None


def found(session: Session, ctx: Context, at: datetime) -> None:
    """Makes the organisations, the county's places and the people. `at` is real time, for their accounts."""
    ids = {name: organisations.create(session, ctx, kind, name, AREA).id for name, kind in _KINDS.items()}
    register.load_holidays(session, ctx)
    register.load_hertfordshire(
        session, ctx, County(court=ids[COURT], custody=ids[CUSTODY], force=ids[FORCE])
    )
    for player in PLAYERS:
        organisation_id = ids[player.organisation]
        person_id = None
        if player.person is not None:
            person_id = places.add_person(
                session, organisation_id, player.person, player.name, number=player.number
            )
        administrator = Actor(
            ActorKind.SYSTEM, organisation_id=organisation_id, roles=frozenset({Role.ADMINISTRATOR})
        )
        founder = Context(administrator, ctx.request_id, ctx.now)
        details = people.Details(player.name, player.email, player.roles, person_id)
        people.add(session, founder, details, at)

    for number, name in enumerate(OFFICERS, 5001):
        places.add_person(session, ids[FORCE], PersonKind.OFFICER, name, number=str(number))
    for name in INTERPRETERS:
        places.add_person(session, ids[COURT], PersonKind.INTERPRETER, name)
    for name, kind in YOUTH.items():
        places.add_person(session, ids[COURT], kind, name)


def officers(session: Session) -> list[UUID]:
    """Those who give evidence in the county's hearings, by number; the sergeant whom a visitor plays is kept
    free for the hearing that is always about to begin."""
    force = accounts.organisation_named(session, FORCE)
    if force is None:
        raise NotFound()
    return [
        person_id
        for person_id, _, number in places.people(session, force.id, PersonKind.OFFICER)
        if number != BY_KEY["officer"].number
    ]


def interpreters(session: Session) -> list[tuple[UUID, tuple[str, ...]]]:
    """The court's interpreters, each with what they interpret."""
    court = accounts.organisation_named(session, COURT)
    if court is None:
        raise NotFound()
    known = places.people(session, court.id, PersonKind.INTERPRETER)
    return [(person_id, INTERPRETERS[name]) for person_id, name, _ in known]


def actor(session: Session, ctx: Context, key: str) -> Actor:
    """One of the players, as they would be signed in. Raises NotFound for a key that is nobody's."""
    account = accounts.account_by_email(session, BY_KEY[key].email) if key in BY_KEY else None
    if account is None:
        raise NotFound()
    return sessions.actor_of(session, account, session.get_one(Organisation, account.organisation_id))


def sign_in(session: Session, ctx: Context, key: str, at: datetime, settings: Settings) -> sessions.NewSignIn:
    """Signs a player in without a password. It exists in the demonstration alone: NotFound elsewhere."""
    if settings.mode != "demo":
        raise NotFound()
    player = actor(session, Context(SYSTEM), key)
    if player.id is None:
        raise NotFound()
    return sessions.open_for(session, ctx, player.id, at, settings)


def person_id(session: Session, ctx: Context, key: str) -> UUID:
    """The bookable person that a player is."""
    found = actor(session, ctx, key).person_id
    if found is None:
        raise NotFound()
    return found
