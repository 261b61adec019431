"""Organisations, roles, and what each role may do. One table; every check reads it."""

from __future__ import annotations

from enum import StrEnum


class OrganisationKind(StrEnum):
    COURT = "court"
    FORCE = "force"
    CUSTODY = "custody"
    PROSECUTION = "prosecution"
    DEFENCE = "defence"
    COMMISSIONER = "commissioner"


class Role(StrEnum):
    """What a signed-in person does here. One person may hold several."""

    LISTING_OFFICER = "listing_officer"
    LEGAL_ADVISER = "legal_adviser"
    USHER = "usher"
    BENCH = "bench"
    OFFICER = "officer"
    CUSTODY_OFFICER = "custody_officer"
    DETENTION_OFFICER = "detention_officer"
    ADVOCATE = "advocate"
    PROSECUTOR = "prosecutor"
    COMMISSIONER = "commissioner"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing a person may be allowed to do, within their scope."""

    SEE_HEARINGS = "see_hearings"  # the hearings their organisations take part in
    BOOK = "book"  # find, hold, book, vacate
    IMPORT_LISTS = "import_lists"
    RUN_HEARING = "run_hearing"  # lobby, admit, pause, remove, end
    RECORD_DIRECTION = "record_direction"  # write down a live-link direction of the bench
    ISSUE_LINKS = "issue_links"  # copy, print, revoke a participant's link
    ISSUE_TRACKING = "issue_tracking"  # issue, revoke a reference for following a hearing
    SEE_OWN_EVIDENCE = "see_own_evidence"  # the officer's day
    RUN_CUSTODY = "run_custody"  # the custody board, connect a room
    SEE_CLIENTS = "see_clients"  # the advocate's queue
    SEE_REPORTS = "see_reports"
    MANAGE_USERS = "manage_users"  # people, roles and tokens of their own organisation
    MANAGE_SITES = "manage_sites"
    PLAN_SITTINGS = "plan_sittings"  # sessions, the rota, closures of a court
    PLAN_STAFF = "plan_staff"  # shifts, leave and sickness of their own organisation's people and pools
    SEE_AUDIT = "see_audit"
    MANAGE_NODES = "manage_nodes"  # media nodes; the court's own administrators alone


P = Permission

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.LISTING_OFFICER: frozenset(
        {P.SEE_HEARINGS, P.BOOK, P.IMPORT_LISTS, P.RUN_HEARING, P.RECORD_DIRECTION, P.ISSUE_LINKS}
        | {P.ISSUE_TRACKING, P.SEE_REPORTS, P.PLAN_SITTINGS, P.PLAN_STAFF}
    ),
    Role.LEGAL_ADVISER: frozenset(
        {P.SEE_HEARINGS, P.BOOK, P.RUN_HEARING, P.RECORD_DIRECTION, P.ISSUE_LINKS, P.ISSUE_TRACKING}
    ),
    Role.USHER: frozenset({P.SEE_HEARINGS, P.RUN_HEARING, P.ISSUE_LINKS}),
    Role.BENCH: frozenset({P.SEE_HEARINGS, P.RUN_HEARING, P.RECORD_DIRECTION}),
    Role.OFFICER: frozenset({P.SEE_OWN_EVIDENCE}),
    Role.CUSTODY_OFFICER: frozenset({P.SEE_HEARINGS, P.RUN_CUSTODY, P.PLAN_STAFF}),
    Role.DETENTION_OFFICER: frozenset({P.SEE_HEARINGS, P.RUN_CUSTODY}),
    Role.ADVOCATE: frozenset({P.SEE_CLIENTS}),
    Role.PROSECUTOR: frozenset({P.SEE_CLIENTS}),
    Role.COMMISSIONER: frozenset({P.SEE_REPORTS}),
    Role.ADMINISTRATOR: frozenset(
        {P.MANAGE_USERS, P.MANAGE_SITES, P.SEE_AUDIT, P.PLAN_SITTINGS, P.PLAN_STAFF, P.MANAGE_NODES}
    ),
}

#: What only a court does, whatever roles another organisation gives its people.
OF_COURTS = frozenset({P.PLAN_SITTINGS, P.MANAGE_NODES})

#: Which kinds of organisation may give a person which role.
ROLES_OF: dict[OrganisationKind, frozenset[Role]] = {
    OrganisationKind.COURT: frozenset(
        {Role.LISTING_OFFICER, Role.LEGAL_ADVISER, Role.USHER, Role.BENCH, Role.ADMINISTRATOR}
    ),
    OrganisationKind.FORCE: frozenset({Role.OFFICER, Role.ADMINISTRATOR}),
    OrganisationKind.CUSTODY: frozenset({Role.CUSTODY_OFFICER, Role.DETENTION_OFFICER, Role.ADMINISTRATOR}),
    OrganisationKind.PROSECUTION: frozenset({Role.PROSECUTOR, Role.ADMINISTRATOR}),
    OrganisationKind.DEFENCE: frozenset({Role.ADVOCATE, Role.ADMINISTRATOR}),
    OrganisationKind.COMMISSIONER: frozenset({Role.COMMISSIONER, Role.ADMINISTRATOR}),
}


def permissions(roles: frozenset[Role]) -> frozenset[Permission]:
    """All that a holder of these roles may do."""
    return frozenset().union(*(GRANTS[role] for role in roles))


class Part(StrEnum):
    """A participant's part in one hearing (what a link is issued for)."""

    BENCH = "bench"
    CLERK = "clerk"
    DEFENDANT = "defendant"
    OFFICER = "officer"
    PROSECUTOR = "prosecutor"
    ADVOCATE = "advocate"
    INTERPRETER = "interpreter"
    WITNESS = "witness"
    PROBATION = "probation"
    APPROPRIATE_ADULT = "appropriate_adult"
    YOUTH_OFFENDING_TEAM = "youth_offending_team"
    OBSERVER = "observer"


#: The parts that run the hearing: they admit, pause and end, and need no live-link direction for themselves
#: in this version because a court sits in its courtroom.
MODERATORS = frozenset({Part.BENCH, Part.CLERK})
#: An observer receives and never publishes.
PUBLISHERS = frozenset(Part) - {Part.OBSERVER}
