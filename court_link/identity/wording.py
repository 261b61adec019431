"""Roles in words."""

from __future__ import annotations

from collections.abc import Iterable

from court_link.domain.roles import Role

#: What each role is called, and what its holder does here.
NAMES: dict[Role, tuple[str, str]] = {
    Role.LISTING_OFFICER: ("Listing officer", "Imports lists, books and vacates hearings, runs them"),
    Role.LEGAL_ADVISER: ("Legal adviser", "Books and runs hearings, records live-link directions"),
    Role.USHER: ("Usher or video court administrator", "Runs the lobby, gives out links"),
    Role.BENCH: ("Bench", "Starts, pauses and ends hearings, lets people in"),
    Role.OFFICER: ("Police officer", "Gives evidence by link"),
    Role.CUSTODY_OFFICER: ("Custody officer", "Sees who is due on video and connects rooms"),
    Role.DETENTION_OFFICER: ("Detention officer", "Sees who is due on video and connects rooms"),
    Role.ADVOCATE: ("Advocate", "Sees and joins their clients' hearings"),
    Role.PROSECUTOR: ("Prosecutor", "Sees and joins their hearings"),
    Role.COMMISSIONER: ("Commissioner's office", "Reads the reports of the area"),
    Role.ADMINISTRATOR: ("Administrator", "Manages people, places and API tokens, reads the audit"),
}


def role_names(roles: Iterable[Role]) -> list[str]:
    """The names of these roles, in the order in which roles are defined."""
    held = frozenset(roles)
    return [NAMES[role][0] for role in Role if role in held]
