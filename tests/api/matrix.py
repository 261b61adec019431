"""Who may do what: one line a route. A route without a line fails the build.

`only(...)` names roles, `permitted(...)` the roles that hold a permission, `anyone()` is everybody who is
signed in, `public()` everybody, `participants()` whoever holds a join session of the link. Path parameters
and `{name}` in bodies are filled with things of one's own, then of a stranger, by `scenes.MAKERS`; `named`
says which maker when the parameter's own name does not. A body must be valid, so that what is refused is the
person and not the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any

from court_link.domain.roles import GRANTS, Permission, Role
from court_link.domain.savings import Assumptions

P = Permission


class Open(Enum):
    """Routes that do not ask who is signed in."""

    PUBLIC = "public"
    PARTICIPANTS = "participants"


@dataclass(frozen=True)
class Line:
    """Who may use a route. `path` fills parameters that name no thing; `wrong` says that what is sent is not
    valid, and is refused as such; `stream` never ends by itself; `scoped` says that what the path names is
    somebody's own; `mine` that it is the asker's very own.
    """

    who: frozenset[Role] | Open
    json: Any = None
    form: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    wrong: bool = False
    stream: bool = False
    scoped: bool = True
    mine: bool = False


def public(**more: Any) -> Line:
    return Line(Open.PUBLIC, **more)


def participants(**more: Any) -> Line:
    return Line(Open.PARTICIPANTS, **more)


def anyone(**more: Any) -> Line:
    return Line(frozenset(Role), **more)


def only(*roles: Role, **more: Any) -> Line:
    return Line(frozenset(roles), **more)


def permitted(permission: Permission, **more: Any) -> Line:
    return Line(frozenset(role for role in Role if permission in GRANTS[role]), **more)


_PERSON = {"name": "Ada Example", "email": "{fresh}@example.com", "roles": ["administrator"]}
#: Whoever books sees the places there are.
_SEE_PLACES = [role for role in Role if GRANTS[role] & {P.MANAGE_SITES, P.BOOK}]
#: A court house has no staff on shift, so these are refused as wrong.
_SHIFT = {"day": "2026-11-24", "begins": "07:00", "ends": "19:00", "staff": 2}
_SHIFT_TYPED = {"version": "1", "day": "24/11/2026", "begins": "7am", "ends": "7pm", "staff": "2"}
_SEE_GAPS = [role for role in Role if GRANTS[role] & {P.PLAN_STAFF, P.SEE_HEARINGS}]
_DUTY = {"kind": "shift", "starts_at": "2026-11-24T07:00:00Z", "ends_at": "2026-11-24T15:00:00Z"}
_DUTY_TYPED = {"version": "1", "kind": "leave", "day": "24/11/2026"}
_EMPLOYED = {"person_id": "employed_id"}
_COUNTED = {"shift_id": "counted_shift_id"}
_STAFF_RUN = {"run_id": "staff_run_id"}
_PLACE = {"version": "1", "name": "Own Site", "link_streams": "0"}
_ASSUMPTIONS = {name: str(value) for name, value in asdict(Assumptions()).items()} | {"version": "0"}
_MEASURE = {"source": "{link_id}", "receiver": "{defendant_id}", "ordered_by": "District Judge Example"}
_ENDING = {"outcome": "dealt_with", "cause": "concluded"}
_MATTER = {
    "title": "R v Example",
    "hearing_type": "First appearance",
    "day": "24/11/2026",
    "minutes": "12",
    "visibility": "public",
}
_NEEDS = {"courtroom_id": "{courtroom_id}", "minutes": "20", "day": "24/11/2026"}
_WAITING = {"hearing_id": "waiting_id"}
_WAITS = {
    "courtrooms": "{courtroom_id}",
    "minutes": "20",
    "earliest": "24/11/2026",
    "latest": "27/11/2026",
}
_WANTS = {
    "needs": {"courtroom_id": "{courtroom_id}", "minutes": 20},
    "courtrooms": ["{courtroom_id}"],
    "earliest": "2026-11-24",
    "latest": "2026-11-27",
}
_MOVE = {
    "booking": "{booking_id}",
    "row": "{courtroom_id}",
    "to": "{courtroom_id}",
    "start": "2026-11-24T10:15:00Z",
}
_DIRECTION = {
    "link_id": "{link_id}",
    "medium": "video",
    "force": "permit",
    "maker": "District Judge Example",
    "representations": "None made.",
}
_LISTING = {"day": "2026-11-24", "minutes": 20}
_LISTING_TYPED = {"day": "24/11/2026", "at": "10am", "minutes": "20"}
#: Whoever books sees a court's week; whoever keeps places or plans sittings closes them.
_SEE_SITTINGS = [role for role in Role if GRANTS[role] & {P.PLAN_SITTINGS, P.BOOK}]
_CLOSE = [role for role in Role if GRANTS[role] & {P.PLAN_SITTINGS, P.MANAGE_SITES}]
_CLOSURE = {"site_id": "{site_id}", "starts_at": "2027-01-04T09:00:00Z", "ends_at": "2027-01-05T09:00:00Z"}
_CLOSURE_TYPED = {"place": "{site_id}", "kind": "closed", "begins_day": "04/01/2027"}
_SITTING = {
    "courtroom_id": "{courtroom_id}",
    "starts_at": "2027-01-04T10:00:00Z",
    "ends_at": "2027-01-04T13:00:00Z",
}
_SITTING_TYPED = {
    "room": "{courtroom_id}",
    "day": "05/01/2027",
    "begins": "10am",
    "ends": "1pm",
    "version": "1",
}
_FREE_ROOM = {"courtroom_id": "sitting_room_id"}
_WEEK = {"site_id": "{house_id}", "week": "2027-01-04"}
_ORDER = {"power": "Example power", "ordered_by": "District Judge Example"}
_RECORDED, _FILE = {"recording_id": "recorded_id"}, {"name": "empty.webm"}
_TOKEN = {"name": "A system", "roles": ["administrator"], "days": 30}

LINES: Mapping[str, Line] = {
    # Health and the description
    "GET /healthz": public(),
    "GET /readyz": public(),
    "GET /metrics": public(),  # from this machine; elsewhere tests/api/test_problems.py
    "GET /api/openapi.json": public(),
    "GET /accessibility": public(),
    "GET /privacy": public(),
    # The demonstration's doorway, which is nowhere else
    "GET /enter/sample-list.json": public(),
    "GET /enter/{key}": public(path={"key": "listing"}),
    "POST /enter/{key}": public(path={"key": "listing"}),
    # Signing in
    "GET /": anyone(),
    "GET /sign-in": public(),
    "POST /sign-in": public(form={"email": "nobody@example.com", "password": "x"}),
    "POST /sign-out": public(),
    "GET /choose-password": public(),
    "POST /choose-password": public(form={"code": "x", "password": "y"}),
    "GET /account": anyone(),
    "POST /account/sign-out-elsewhere": anyone(),
    "POST /account/password": anyone(form={"current": "x", "password": "y"}, wrong=True),
    "GET /api/me": anyone(),
    "GET /api/organisations": anyone(),
    "GET /api/organisations/{organisation_id}": anyone(),
    # People
    "GET /people": permitted(P.MANAGE_USERS),
    "GET /people/new": permitted(P.MANAGE_USERS),
    "POST /people/new": permitted(P.MANAGE_USERS, form=_PERSON),
    "GET /people/{account_id}": permitted(P.MANAGE_USERS),
    "POST /people/{account_id}": permitted(P.MANAGE_USERS, form={**_PERSON, "version": "1"}),
    "GET /people/{account_id}/disable": permitted(P.MANAGE_USERS),
    "POST /people/{account_id}/disable": permitted(P.MANAGE_USERS),
    "POST /people/{account_id}/enable": permitted(P.MANAGE_USERS),
    "GET /people/{account_id}/reset": permitted(P.MANAGE_USERS),
    "POST /people/{account_id}/reset": permitted(P.MANAGE_USERS),
    "GET /api/users": permitted(P.MANAGE_USERS),
    "POST /api/users": permitted(P.MANAGE_USERS, json=_PERSON),
    "GET /api/users/{user_id}": permitted(P.MANAGE_USERS),
    "PATCH /api/users/{user_id}": permitted(P.MANAGE_USERS, json={"name": "Ada Example"}),
    "POST /api/users/{user_id}/disable": permitted(P.MANAGE_USERS),
    "POST /api/users/{user_id}/enable": permitted(P.MANAGE_USERS),
    "POST /api/users/{user_id}/invitations": permitted(P.MANAGE_USERS),
    # Usual times
    "GET /practice": permitted(P.PLAN_SITTINGS),
    "GET /practice/edit": permitted(P.PLAN_SITTINGS, query={"type": "Remand"}),
    "POST /practice/edit": permitted(
        P.PLAN_SITTINGS, form={"type": "Remand", "minutes": "15", "version": "0"}
    ),
    "GET /api/practice": permitted(P.PLAN_SITTINGS),
    "GET /api/practice/{hearing_type}": permitted(P.PLAN_SITTINGS, path={"hearing_type": "remand"}),
    "PUT /api/practice/{hearing_type}": permitted(
        P.PLAN_SITTINGS, path={"hearing_type": "remand"}, json={"minutes": 15}
    ),
    # Exports, events, and calendar addresses: one's own, and read by whoever holds the address
    "GET /api/exports/hearings": permitted(P.SEE_HEARINGS),
    "GET /api/exports/hearings.csv": permitted(P.SEE_HEARINGS),
    "GET /api/events": permitted(P.SEE_HEARINGS),
    "GET /calendars": anyone(),
    "POST /calendars": anyone(form={"of": ""}, wrong=True),
    "GET /calendars/{feed_id}/revoke": anyone(mine=True),
    "POST /calendars/{feed_id}/revoke": anyone(mine=True),
    "GET /api/calendars": anyone(),
    "GET /api/calendars/choices": anyone(),
    "POST /api/calendars": permitted(P.SEE_HEARINGS, json={"kind": "site", "subject_id": "{site_id}"}),
    "DELETE /api/calendars/{feed_id}": anyone(mine=True),
    "GET /calendars/{token}.ics": public(path={"token": "unknown"}),
    # API tokens
    "GET /tokens": permitted(P.MANAGE_USERS),
    "GET /tokens/new": permitted(P.MANAGE_USERS),
    "POST /tokens/new": permitted(P.MANAGE_USERS, form=_TOKEN),
    "GET /tokens/{token_id}/revoke": permitted(P.MANAGE_USERS),
    "POST /tokens/{token_id}/revoke": permitted(P.MANAGE_USERS),
    "GET /api/tokens": permitted(P.MANAGE_USERS),
    "GET /api/nodes": only(Role.ADMINISTRATOR),
    "POST /api/nodes/{name}/drain": only(Role.ADMINISTRATOR, path={"name": "fake"}, scoped=False),
    "POST /api/tokens": permitted(P.MANAGE_USERS, json=_TOKEN),
    "DELETE /api/tokens/{token_id}": permitted(P.MANAGE_USERS),
    # Audit
    "GET /audit": permitted(P.SEE_AUDIT),
    "GET /audit.csv": permitted(P.SEE_AUDIT),
    "GET /api/audit": permitted(P.SEE_AUDIT),
    # Hearings and bookings
    "GET /api/hearings": permitted(P.SEE_HEARINGS),
    "POST /api/hearings": permitted(
        P.BOOK,
        json={"title": "R v Example", "hearing_type": "First appearance", "day": "2026-11-23", "minutes": 12},
    ),
    "GET /api/hearings/{hearing_id}": permitted(P.SEE_HEARINGS),
    "PATCH /api/hearings/{hearing_id}": permitted(P.BOOK, json={"minutes": 25}),
    "POST /api/hearings/{hearing_id}/vacate": permitted(P.BOOK, json={"reason": "other", "words": "Why"}),
    "GET /api/hearings/{hearing_id}/availability": permitted(
        P.BOOK, query={"courtroom_id": "{courtroom_id}", "day": "2026-11-23", "minutes": "20"}
    ),
    "GET /api/hearings/{hearing_id}/slots": permitted(
        P.BOOK, query={"courtroom_id": "{courtroom_id}", "from": "2026-11-23", "minutes": "20"}
    ),
    "POST /api/hearings/{hearing_id}/slots": permitted(
        P.BOOK, query={"courtroom_id": "{courtroom_id}", "from": "2026-11-23", "minutes": "20"}
    ),
    "POST /api/hearings/{hearing_id}/bookings": permitted(
        P.BOOK,
        json={
            "starts_at": "2026-11-24T10:15:00Z",
            "needs": {"courtroom_id": "{courtroom_id}", "minutes": 20},
        },
    ),
    "GET /api/bookings/{booking_id}": permitted(P.SEE_HEARINGS),
    "POST /api/bookings/{booking_id}/confirm": permitted(P.BOOK),
    "POST /api/bookings/{booking_id}/release": permitted(P.BOOK),
    "GET /api/hearings/{hearing_id}/directions": permitted(P.SEE_HEARINGS),
    "POST /api/hearings/{hearing_id}/directions": permitted(P.RECORD_DIRECTION, json=_DIRECTION),
    "POST /api/hearings/{hearing_id}/directions/{direction_id}/rescind": permitted(P.RECORD_DIRECTION),
    "POST /api/hearings/{hearing_id}/directions/{direction_id}/discharge": permitted(P.RECORD_DIRECTION),
    # Re-planning
    "POST /api/hearings/{hearing_id}/changes": permitted(P.BOOK, json={"kind": "length", "minutes": 25}),
    "POST /api/hearings/{hearing_id}/clone": permitted(P.BOOK, json=_LISTING),
    "POST /api/hearings/{hearing_id}/relist": permitted(P.BOOK, json=_LISTING),
    "GET /api/hearings/{hearing_id}/related": permitted(P.SEE_HEARINGS),
    "GET /hearings/{hearing_id}/change/{verb}": permitted(P.BOOK, path={"verb": "length"}),
    "POST /hearings/{hearing_id}/change/{verb}": permitted(
        P.BOOK, path={"verb": "length"}, form={"minutes": "25"}
    ),
    "GET /hearings/{hearing_id}/clone": permitted(P.BOOK),
    "POST /hearings/{hearing_id}/clone": permitted(P.BOOK, form=_LISTING_TYPED),
    "GET /hearings/{hearing_id}/relist": permitted(P.BOOK),
    "POST /hearings/{hearing_id}/relist": permitted(
        P.BOOK,
        form={**_LISTING_TYPED, "version": "1"},
    ),
    # The day, a hearing and its booking as pages
    "GET /day": permitted(P.SEE_HEARINGS),
    "GET /hearings/new": permitted(P.BOOK),
    "POST /hearings/new": permitted(P.BOOK, form=_MATTER),
    "GET /hearings/{hearing_id}": permitted(P.SEE_HEARINGS),
    "GET /hearings/{hearing_id}/edit": permitted(P.BOOK),
    "POST /hearings/{hearing_id}/edit": permitted(P.BOOK, form={**_MATTER, "version": "1"}),
    "GET /hearings/{hearing_id}/book": permitted(P.BOOK, query=_NEEDS),
    "POST /hearings/{hearing_id}/book": permitted(
        P.BOOK, form={**_NEEDS, "starts_at": "2026-11-24T10:15:00Z"}
    ),
    "GET /hearings/{hearing_id}/book/{booking_id}": permitted(P.SEE_HEARINGS),
    "POST /hearings/{hearing_id}/book/{booking_id}/confirm": permitted(P.BOOK),
    "POST /hearings/{hearing_id}/book/{booking_id}/release": permitted(P.BOOK),
    "GET /hearings/{hearing_id}/release": permitted(P.BOOK),
    "POST /hearings/{hearing_id}/release": permitted(
        P.BOOK, form={"booking": "{booking_id}", "version": "1"}
    ),
    "GET /hearings/{hearing_id}/vacate": permitted(P.BOOK),
    "POST /hearings/{hearing_id}/vacate": permitted(
        P.BOOK, form={"reason": "other", "words": "Why", "version": "1"}
    ),
    "GET /hearings/{hearing_id}/directions/new": permitted(P.RECORD_DIRECTION),
    "POST /hearings/{hearing_id}/directions/new": permitted(P.RECORD_DIRECTION, form=_DIRECTION),
    "GET /hearings/{hearing_id}/directions/{direction_id}/rescind": permitted(P.RECORD_DIRECTION),
    "POST /hearings/{hearing_id}/directions/{direction_id}/rescind": permitted(P.RECORD_DIRECTION),
    "POST /hearings/{hearing_id}/run/{act}": permitted(P.RUN_HEARING, path={"act": "open-lobby"}),
    "GET /hearings/{hearing_id}/end": permitted(P.RUN_HEARING),
    "POST /hearings/{hearing_id}/end": permitted(P.RUN_HEARING, form=_ENDING),
    "POST /hearings/{hearing_id}/clerk": permitted(P.RUN_HEARING),
    "GET /hearings/{hearing_id}/links/new": permitted(P.ISSUE_LINKS),
    "POST /hearings/{hearing_id}/links/new": permitted(
        P.ISSUE_LINKS, form={"part": "interpreter", "label": "Interpreter"}
    ),
    "POST /hearings/{hearing_id}/problems/{problem_id}": permitted(P.RUN_HEARING),
    "GET /links/{link_id}": permitted(P.ISSUE_LINKS),
    "GET /links/{link_id}/{act}": permitted(P.RUN_HEARING, path={"act": "remove"}),
    "POST /links/{link_id}/{act}": permitted(P.RUN_HEARING, path={"act": "remove"}),
    # Each role's day
    "GET /bench": permitted(P.RUN_HEARING),
    "GET /evidence": permitted(P.SEE_OWN_EVIDENCE),
    # Nobody here is the officer of this link: whose it is, is in tests/scheduling
    "GET /evidence/{link_id}/calendar.ics": only(),
    "GET /clients": permitted(P.SEE_CLIENTS),
    "GET /custody": permitted(P.RUN_CUSTODY),
    "GET /custody/{site_id}": permitted(P.RUN_CUSTODY),
    "GET /custody/{site_id}/disconnect/{link_id}": permitted(
        P.RUN_CUSTODY, named={"link_id": "custody_link_id"}
    ),
    "POST /custody/{site_id}/disconnect/{link_id}": permitted(
        P.RUN_CUSTODY, named={"link_id": "custody_link_id"}
    ),
    "GET /api/bench": permitted(P.RUN_HEARING),
    "GET /api/clients": permitted(P.SEE_CLIENTS),
    "GET /api/custody": permitted(P.RUN_CUSTODY),
    "GET /api/custody/{site_id}": permitted(P.RUN_CUSTODY),
    "GET /api/evidence": permitted(P.SEE_OWN_EVIDENCE),
    # Diaries; one's own as an officer is in tests/scheduling
    "GET /diary": permitted(P.SEE_HEARINGS, query={"of": "site:{site_id}"}),
    "GET /diary/move": permitted(P.BOOK, query=_MOVE),
    "POST /diary/move": permitted(P.BOOK, form={**_MOVE, "version": "1"}),
    "GET /api/diaries": permitted(P.SEE_HEARINGS),
    "GET /api/diary": permitted(P.SEE_HEARINGS, query={"of": "site:{site_id}"}),
    # A hearing takes longer
    "GET /hearings/{hearing_id}/overrun": permitted(P.BOOK),
    "POST /hearings/{hearing_id}/overrun": permitted(P.BOOK, form={"minutes": "5", "seen": "x"}),
    "POST /api/hearings/{hearing_id}/overrun/preview": permitted(P.BOOK, json={"minutes": 5}),
    "POST /api/hearings/{hearing_id}/overrun": permitted(P.BOOK, json={"minutes": 5, "seen": "x"}),
    # The wait list
    "GET /waitlist": permitted(P.BOOK),
    "GET /hearings/{hearing_id}/waiting": permitted(P.BOOK, named=_WAITING),
    "POST /hearings/{hearing_id}/waiting": permitted(P.BOOK, form=_WAITS, named=_WAITING),
    "GET /hearings/{hearing_id}/waiting/leave": permitted(P.BOOK, named=_WAITING),
    "POST /hearings/{hearing_id}/waiting/leave": permitted(P.BOOK, named=_WAITING),
    "POST /hearings/{hearing_id}/waiting/accept": permitted(P.BOOK, named=_WAITING),
    "GET /hearings/{hearing_id}/waiting/decline": permitted(P.BOOK, named=_WAITING),
    "POST /hearings/{hearing_id}/waiting/decline": permitted(P.BOOK, named=_WAITING),
    "GET /api/waitlist": permitted(P.BOOK),
    "GET /api/hearings/{hearing_id}/waiting": permitted(P.BOOK, named=_WAITING),
    "PUT /api/hearings/{hearing_id}/waiting": permitted(P.BOOK, json=_WANTS, named=_WAITING),
    "DELETE /api/hearings/{hearing_id}/waiting": permitted(P.BOOK, named=_WAITING),
    "POST /api/hearings/{hearing_id}/waiting/accept": permitted(P.BOOK, named=_WAITING),
    "POST /api/hearings/{hearing_id}/waiting/decline": permitted(P.BOOK, named=_WAITING),
    # Imports
    "GET /imports": permitted(P.IMPORT_LISTS),
    "POST /imports": permitted(P.IMPORT_LISTS, wrong=True),
    "GET /imports/{run_id}": permitted(P.IMPORT_LISTS),
    "POST /imports/{run_id}/confirm": permitted(P.IMPORT_LISTS),
    "POST /imports/{run_id}/cancel": permitted(P.IMPORT_LISTS),
    "GET /api/imports": permitted(P.IMPORT_LISTS),
    "POST /api/imports": permitted(P.IMPORT_LISTS, json={}, wrong=True),
    "POST /api/imports/check": permitted(P.IMPORT_LISTS, json={}, wrong=True),
    "GET /api/imports/{run_id}": permitted(P.IMPORT_LISTS),
    "POST /api/imports/{run_id}/confirm": permitted(P.IMPORT_LISTS),
    "POST /api/imports/{run_id}/cancel": permitted(P.IMPORT_LISTS),
    # Court calendars
    "GET /closures": only(*_CLOSE),
    "GET /closures/new": only(*_CLOSE),
    "POST /closures/new": only(*_CLOSE, form=_CLOSURE_TYPED),
    "GET /closures/{closure_id}": only(*_CLOSE),
    "POST /closures/{closure_id}": only(
        *_CLOSE, form={"version": "1", "ends_day": "04/01/2027", "ends": "9am"}
    ),
    "GET /closures/{closure_id}/remove": only(*_CLOSE),
    "POST /closures/{closure_id}/remove": only(*_CLOSE, form={"version": "1"}),
    "GET /api/closures": only(*_CLOSE),
    "POST /api/closures": only(*_CLOSE, json=_CLOSURE),
    "POST /api/closures/check": only(*_CLOSE, json=_CLOSURE),
    "GET /api/closures/{closure_id}": only(*_CLOSE),
    "PATCH /api/closures/{closure_id}": only(*_CLOSE, json={"ends_at": "2027-01-04T09:00:00Z"}),
    "DELETE /api/closures/{closure_id}": only(*_CLOSE),
    "GET /sittings": only(*_SEE_SITTINGS),
    "POST /sittings/copy": permitted(
        P.PLAN_SITTINGS, form={"site": "{house_id}", "week": "2027-01-04", "weeks": "1"}
    ),
    "GET /sittings/new": only(*_SEE_SITTINGS, query={"room": "{courtroom_id}"}),
    "POST /sittings/new": permitted(P.PLAN_SITTINGS, form=_SITTING_TYPED, named=_FREE_ROOM),
    "GET /sittings/rooms/{courtroom_id}": only(*_SEE_SITTINGS),
    "POST /sittings/rooms/{courtroom_id}": permitted(P.PLAN_SITTINGS, form={"version": "1"}),
    "GET /sittings/{sitting_id}": only(*_SEE_SITTINGS),
    "POST /sittings/{sitting_id}": permitted(P.PLAN_SITTINGS, form=_SITTING_TYPED, named=_FREE_ROOM),
    "GET /sittings/{sitting_id}/remove": only(*_SEE_SITTINGS),
    "POST /sittings/{sitting_id}/remove": permitted(P.PLAN_SITTINGS, form={"version": "1"}),
    "GET /api/sittings": only(*_SEE_SITTINGS, query={"site_id": "{house_id}", "from": "2027-01-04"}),
    "GET /api/sittings/business-types": anyone(),
    "POST /api/sittings": permitted(P.PLAN_SITTINGS, json=_SITTING, named=_FREE_ROOM),
    "POST /api/sittings/copy": permitted(P.PLAN_SITTINGS, json=_WEEK),
    "GET /api/sittings/rooms/{courtroom_id}": only(*_SEE_SITTINGS),
    "PUT /api/sittings/rooms/{courtroom_id}": permitted(P.PLAN_SITTINGS, json={"restricted_to": ["VIR"]}),
    "GET /api/sittings/{sitting_id}": only(*_SEE_SITTINGS),
    "PUT /api/sittings/{sitting_id}": permitted(P.PLAN_SITTINGS, json=_SITTING, named=_FREE_ROOM),
    "DELETE /api/sittings/{sitting_id}": permitted(P.PLAN_SITTINGS),
    "GET /sittings/rota": permitted(P.PLAN_SITTINGS),
    "POST /sittings/rota": permitted(P.PLAN_SITTINGS, wrong=True),
    "GET /sittings/rota/{rota_id}": permitted(P.PLAN_SITTINGS),
    "POST /sittings/rota/{rota_id}/confirm": permitted(P.PLAN_SITTINGS),
    "POST /sittings/rota/{rota_id}/cancel": permitted(P.PLAN_SITTINGS),
    "GET /api/rotas": permitted(P.PLAN_SITTINGS),
    "POST /api/rotas": permitted(P.PLAN_SITTINGS, json={}, wrong=True),
    "POST /api/rotas/check": permitted(P.PLAN_SITTINGS, json={}, wrong=True),
    "GET /api/rotas/{rota_id}": permitted(P.PLAN_SITTINGS),
    "GET /api/rotas/{rota_id}/difference": permitted(P.PLAN_SITTINGS),
    "POST /api/rotas/{rota_id}/confirm": permitted(P.PLAN_SITTINGS, json={}),
    "POST /api/rotas/{rota_id}/cancel": permitted(P.PLAN_SITTINGS),
    # Running a hearing
    "POST /api/hearings/{hearing_id}/open-lobby": permitted(P.RUN_HEARING),
    "POST /api/hearings/{hearing_id}/start": permitted(P.RUN_HEARING),
    "POST /api/hearings/{hearing_id}/pause": permitted(P.RUN_HEARING),
    "POST /api/hearings/{hearing_id}/resume": permitted(P.RUN_HEARING),
    "POST /api/hearings/{hearing_id}/reopen": permitted(P.RUN_HEARING),
    "POST /api/hearings/{hearing_id}/end": permitted(P.RUN_HEARING, json={"outcome": "dealt_with"}),
    "POST /api/links/{link_id}/identify": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/admit": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/refuse": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/send-back": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/remove": permitted(P.RUN_HEARING),
    # Recordings: for the court's own people, and to all others there are none
    "GET /api/hearings/{hearing_id}/recordings": permitted(P.RUN_HEARING),
    "POST /api/hearings/{hearing_id}/recordings": permitted(P.RUN_HEARING, json=_ORDER),
    "POST /api/recordings/{recording_id}/stop": permitted(P.RUN_HEARING),
    "POST /api/recordings/{recording_id}/hold": permitted(P.RUN_HEARING, named=_RECORDED),
    "POST /api/recordings/{recording_id}/release": permitted(P.RUN_HEARING, named=_RECORDED),
    "GET /api/recordings/{recording_id}/files/{name}": permitted(P.RUN_HEARING, named=_RECORDED, path=_FILE),
    "GET /hearings/{hearing_id}/recordings": permitted(P.RUN_HEARING),
    "POST /hearings/{hearing_id}/recordings": permitted(P.RUN_HEARING, form=_ORDER),
    "GET /recordings/{recording_id}/stop": permitted(P.RUN_HEARING),
    "POST /recordings/{recording_id}/stop": permitted(P.RUN_HEARING),
    "POST /recordings/{recording_id}/hold": permitted(P.RUN_HEARING, named=_RECORDED),
    "GET /recordings/{recording_id}/files/{name}": permitted(P.RUN_HEARING, named=_RECORDED, path=_FILE),
    "POST /api/links/{link_id}/call": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/release": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/mute": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/unmute": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/stop-video": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/allow-video": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/allow-screen": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/stop-screen": permitted(P.RUN_HEARING),
    "PUT /api/links/{link_id}/grants": permitted(P.RUN_HEARING, json={"grants": ["receive"]}),
    "POST /api/hearings/{hearing_id}/mute-all": permitted(P.RUN_HEARING),
    "POST /api/problems/{problem_id}/resolve": permitted(P.RUN_HEARING),
    # Private consultations, ties, special measures and exhibits
    "GET /api/hearings/{hearing_id}/consultations": permitted(P.RUN_HEARING),
    "POST /api/hearings/{hearing_id}/consultations": permitted(
        P.RUN_HEARING, json={"links": ["{link_id}", "{defendant_id}"]}
    ),
    "POST /api/consultations/{consultation_id}/recall": permitted(P.RUN_HEARING),
    "POST /api/consultations/{consultation_id}/leave": participants(),
    "GET /api/hearings/{hearing_id}/ties": permitted(P.RUN_HEARING),
    "PUT /api/links/{link_id}/ties": permitted(P.RUN_HEARING, json={"for": ["{defendant_id}"]}),
    "GET /api/hearings/{hearing_id}/screens": permitted(P.RUN_HEARING),
    "PUT /api/hearings/{hearing_id}/screens": permitted(P.RUN_HEARING, json={"screens": [_MEASURE]}),
    "GET /api/hearings/{hearing_id}/exhibits": permitted(P.RUN_HEARING),
    "POST /api/hearings/{hearing_id}/exhibits": participants(),
    "GET /api/exhibits/{exhibit_id}": permitted(P.RUN_HEARING),
    "GET /api/exhibits/{exhibit_id}/content": permitted(P.RUN_HEARING),
    "POST /api/exhibits/{exhibit_id}/permit": permitted(P.RUN_HEARING, json={"links": ["{defendant_id}"]}),
    "POST /api/exhibits/{exhibit_id}/hide": permitted(P.RUN_HEARING),
    "DELETE /api/exhibits/{exhibit_id}": permitted(P.RUN_HEARING),
    "GET /hearings/{hearing_id}/rooms": permitted(P.RUN_HEARING),
    "POST /hearings/{hearing_id}/rooms/send": permitted(
        P.RUN_HEARING, form={"links": "{defendant_id}"}, wrong=True
    ),
    "POST /hearings/{hearing_id}/rooms/{consultation_id}/recall": permitted(P.RUN_HEARING),
    "POST /hearings/{hearing_id}/ties/{link_id}": permitted(P.RUN_HEARING),
    "GET /hearings/{hearing_id}/screens/new": permitted(P.RUN_HEARING),
    "POST /hearings/{hearing_id}/screens/new": permitted(P.RUN_HEARING, form=_MEASURE | {"kept": "picture"}),
    "GET /hearings/{hearing_id}/screens/lift": permitted(
        P.RUN_HEARING, query={"source": "{screened_id}", "receiver": "{defendant_id}"}
    ),
    "POST /hearings/{hearing_id}/screens/lift": permitted(
        P.RUN_HEARING, form={"source": "{screened_id}", "receiver": "{defendant_id}"}
    ),
    "POST /hearings/{hearing_id}/exhibits/{exhibit_id}/hide": permitted(P.RUN_HEARING),
    "GET /hearings/{hearing_id}/exhibits/{exhibit_id}/withdraw": permitted(P.RUN_HEARING),
    "POST /hearings/{hearing_id}/exhibits/{exhibit_id}/withdraw": permitted(P.RUN_HEARING),
    # Links
    "GET /api/hearings/{hearing_id}/links": permitted(P.SEE_HEARINGS),
    "POST /api/hearings/{hearing_id}/links": permitted(
        P.ISSUE_LINKS, json={"part": "interpreter", "label": "Interpreter"}
    ),
    "POST /api/hearings/{hearing_id}/clerk": permitted(P.RUN_HEARING),
    "POST /api/links/{link_id}/copy": permitted(P.ISSUE_LINKS),
    "POST /api/links/{link_id}/reissue": permitted(P.ISSUE_LINKS),
    "POST /api/links/{link_id}/revoke": permitted(P.ISSUE_LINKS),
    # Nobody is the advocate of this link: who may take whose is in tests/media
    "POST /api/links/{link_id}/join": only(json={"device": "a device"}),
    # Participants
    "GET /join": public(),
    "GET /room/{link_id}": public(
        scoped=False
    ),  # the page alone; what it shows is asked for with a join session
    "POST /api/join": public(json={"credential": "x", "device": "a device"}),
    "GET /api/join": participants(),
    "GET /api/join/kit-check/servers": participants(),
    "POST /api/join/kit-check/session": participants(),
    "DELETE /api/join/kit-check/session": participants(),
    "POST /api/join/kit-check": participants(json={"camera": "working", "microphone": "working"}),
    "POST /api/join/settled": participants(json={"move": 1}),
    "PUT /api/join/whisper": participants(json={"to": None}),
    "PUT /api/join/sharing": participants(json={"on": True}),
    "PUT /api/join/agreements/{client_id}": participants(
        json={"agrees": True}, named={"client_id": "defendant_id"}
    ),
    "POST /api/join/problem": participants(json={"kind": "no_sound"}),
    # What may be sent there; what is of one link alone is told to its bearer (tests/media/test_whip.py)
    "OPTIONS /api/media/{link_id}": public(scoped=False),
    "OPTIONS /api/media/{link_id}/{session}": public(path={"session": "x"}, scoped=False),
    "POST /api/media/{link_id}": participants(),
    "PATCH /api/media/{link_id}/{session}": participants(path={"session": "x"}),
    "DELETE /api/media/{link_id}/{session}": participants(path={"session": "x"}),
    "WS /api/links/{link_id}/signalling": participants(),
    # Live pages
    "GET /live": permitted(P.SEE_HEARINGS, query={"topics": "hearing:{hearing_id}"}, stream=True),
    # Following a hearing
    "GET /follow": public(),
    "POST /follow": public(form={"reference": "x"}),
    "GET /follow/hearing": public(),
    "GET /follow/live": public(),
    "POST /follow/stop": public(),
    "POST /api/following": public(json={"reference": "x"}),
    "GET /hearings/{hearing_id}/following": permitted(P.ISSUE_TRACKING),
    "POST /hearings/{hearing_id}/following": permitted(P.ISSUE_TRACKING),
    "GET /hearings/{hearing_id}/following/{reference_id}/revoke": permitted(P.ISSUE_TRACKING),
    "POST /hearings/{hearing_id}/following/{reference_id}/revoke": permitted(P.ISSUE_TRACKING),
    "GET /api/hearings/{hearing_id}/references": permitted(P.ISSUE_TRACKING),
    "POST /api/hearings/{hearing_id}/references": permitted(P.ISSUE_TRACKING),
    "DELETE /api/hearings/{hearing_id}/references/{reference_id}": permitted(P.ISSUE_TRACKING),
    # Places
    "GET /places": only(*_SEE_PLACES),
    "GET /places/new": permitted(P.MANAGE_SITES),
    "POST /places/new": permitted(P.MANAGE_SITES, form={"kind": "", "name": ""}, wrong=True),
    "GET /places/{site_id}": only(*_SEE_PLACES),
    "POST /places/{site_id}": permitted(P.MANAGE_SITES, form=_PLACE),
    "POST /places/{site_id}/hours": permitted(P.MANAGE_SITES, form={"version": "1"}),
    "POST /places/{site_id}/rooms": permitted(P.MANAGE_SITES, form={"version": "1", "room": "Room 9"}),
    "POST /places/{site_id}/rooms/{room_id}": permitted(
        P.MANAGE_SITES, form={"version": "1", "active": "no"}
    ),
    "POST /places/{site_id}/shifts": permitted(P.MANAGE_SITES, form=_SHIFT_TYPED, wrong=True),
    "POST /places/{site_id}/shifts/{shift_id}/remove": permitted(P.MANAGE_SITES, form={"version": "1"}),
    "GET /api/places": only(*_SEE_PLACES),
    "POST /api/places": permitted(P.MANAGE_SITES, json={"kind": "remote", "name": "Elsewhere"}, wrong=True),
    "GET /api/places/{site_id}": only(*_SEE_PLACES),
    "PUT /api/places/{site_id}": permitted(P.MANAGE_SITES, json={"name": "Own Site"}),
    "PUT /api/places/{site_id}/hours": permitted(P.MANAGE_SITES, json=[]),
    "POST /api/places/{site_id}/rooms": permitted(P.MANAGE_SITES, json={"name": "Room 9"}),
    "PATCH /api/places/{site_id}/rooms/{room_id}": permitted(P.MANAGE_SITES, json={"active": False}),
    "POST /api/places/{site_id}/shifts": permitted(P.MANAGE_SITES, json=_SHIFT, wrong=True),
    "DELETE /api/places/{site_id}/shifts/{shift_id}": permitted(P.MANAGE_SITES),
    # Reports
    "GET /report": permitted(P.SEE_REPORTS),
    "GET /report/assumptions": permitted(P.SEE_REPORTS),
    "POST /report/assumptions": permitted(P.SEE_REPORTS, form=_ASSUMPTIONS),
    "GET /api/reports/capacity": permitted(P.SEE_REPORTS),
    "GET /api/reports/capacity.csv": permitted(P.SEE_REPORTS),
    # Staff
    "GET /staff": permitted(P.PLAN_STAFF),
    "GET /staff/people/{person_id}": permitted(P.PLAN_STAFF, named=_EMPLOYED),
    "POST /staff/people/{person_id}": permitted(
        P.PLAN_STAFF, named=_EMPLOYED, form={"version": "1", "languages": "Polish"}
    ),
    "GET /staff/people/{person_id}/duties/new": permitted(P.PLAN_STAFF, named=_EMPLOYED),
    "POST /staff/people/{person_id}/duties/new": permitted(P.PLAN_STAFF, named=_EMPLOYED, form=_DUTY_TYPED),
    "GET /staff/people/{person_id}/duties/{duty_id}": permitted(P.PLAN_STAFF, named=_EMPLOYED),
    "POST /staff/people/{person_id}/duties/{duty_id}": permitted(
        P.PLAN_STAFF, named=_EMPLOYED, form=_DUTY_TYPED
    ),
    "GET /staff/people/{person_id}/duties/{duty_id}/remove": permitted(P.PLAN_STAFF, named=_EMPLOYED),
    "POST /staff/people/{person_id}/duties/{duty_id}/remove": permitted(
        P.PLAN_STAFF, named=_EMPLOYED, form={"version": "1"}
    ),
    "GET /staff/suites/{site_id}": permitted(P.PLAN_STAFF, named={"site_id": "suite_id"}),
    "POST /staff/suites/{site_id}/shifts": permitted(
        P.PLAN_STAFF, named={"site_id": "suite_id"}, form=_SHIFT_TYPED | {"pool": "escorts"}
    ),
    "GET /staff/shifts/{shift_id}": permitted(P.PLAN_STAFF, named=_COUNTED),
    "POST /staff/shifts/{shift_id}": permitted(
        P.PLAN_STAFF, named=_COUNTED, form={"version": "1", "staff": "2", "away": "1"}
    ),
    "GET /staff/shifts/{shift_id}/remove": permitted(P.PLAN_STAFF, named=_COUNTED),
    "POST /staff/shifts/{shift_id}/remove": permitted(P.PLAN_STAFF, named=_COUNTED, form={"version": "1"}),
    "GET /staff/import": permitted(P.PLAN_STAFF),
    "POST /staff/import": permitted(P.PLAN_STAFF, form={}, wrong=True),  # no file is chosen
    "GET /staff/import/template/{kind}": permitted(P.PLAN_STAFF, path={"kind": "people"}),
    "GET /staff/import/{run_id}": permitted(P.PLAN_STAFF, named=_STAFF_RUN),
    "POST /staff/import/{run_id}/confirm": permitted(P.PLAN_STAFF, named=_STAFF_RUN),
    "POST /staff/import/{run_id}/cancel": permitted(P.PLAN_STAFF, named=_STAFF_RUN),
    "GET /api/staff/gaps": only(*_SEE_GAPS),
    "GET /api/staff/people": permitted(P.PLAN_STAFF),
    "GET /api/staff/people/{person_id}": permitted(P.PLAN_STAFF, named=_EMPLOYED),
    "PUT /api/staff/people/{person_id}": permitted(
        P.PLAN_STAFF, named=_EMPLOYED, json={"languages": ["Polish"]}
    ),
    "POST /api/staff/people/{person_id}/duties": permitted(P.PLAN_STAFF, named=_EMPLOYED, json=_DUTY),
    "PUT /api/staff/people/{person_id}/duties/{duty_id}": permitted(
        P.PLAN_STAFF, named=_EMPLOYED, json=_DUTY
    ),
    "DELETE /api/staff/people/{person_id}/duties/{duty_id}": permitted(P.PLAN_STAFF, named=_EMPLOYED),
    "GET /api/staff/suites": permitted(P.PLAN_STAFF),
    "POST /api/staff/suites/{site_id}/shifts": permitted(
        P.PLAN_STAFF,
        named={"site_id": "suite_id"},
        json={name: _DUTY[name] for name in ("starts_at", "ends_at")} | {"pool": "escorts", "staff": 2},
    ),
    "GET /api/staff/shifts/{shift_id}": permitted(P.PLAN_STAFF, named=_COUNTED),
    "PUT /api/staff/shifts/{shift_id}": permitted(P.PLAN_STAFF, named=_COUNTED, json={"staff": 2, "away": 1}),
    "DELETE /api/staff/shifts/{shift_id}": permitted(P.PLAN_STAFF, named=_COUNTED),
    "GET /api/staff/imports": permitted(P.PLAN_STAFF),
    "POST /api/staff/imports": permitted(P.PLAN_STAFF, wrong=True),  # nothing is sent
    "GET /api/staff/imports/{run_id}": permitted(P.PLAN_STAFF, named=_STAFF_RUN),
    "POST /api/staff/imports/{run_id}/confirm": permitted(P.PLAN_STAFF, named=_STAFF_RUN),
    "POST /api/staff/imports/{run_id}/cancel": permitted(P.PLAN_STAFF, named=_STAFF_RUN),
    "GET /api/staff/templates/{kind}": permitted(P.PLAN_STAFF, path={"kind": "people"}),
    "GET /api/staff/people.csv": permitted(P.PLAN_STAFF),
    "GET /api/staff/duties.csv": permitted(P.PLAN_STAFF, query={"first": "2026-11-23", "last": "2026-11-29"}),
}
