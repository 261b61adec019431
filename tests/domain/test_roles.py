import pytest

from court_link.domain.context import SYSTEM, Actor, ActorKind, Context
from court_link.domain.errors import Forbidden
from court_link.domain.roles import GRANTS, ROLES_OF, OrganisationKind, Permission, Role, permissions


def test_every_role_is_granted_something_and_given_by_some_organisation():
    assert set(GRANTS) == set(Role)
    assert all(GRANTS.values())
    assert frozenset().union(*ROLES_OF.values()) == set(Role)
    assert set(ROLES_OF) == set(OrganisationKind)


def test_only_the_courts_people_run_hearings():
    runners = {role for role, grants in GRANTS.items() if Permission.RUN_HEARING in grants}
    assert runners <= ROLES_OF[OrganisationKind.COURT]
    others = set(OrganisationKind) - {OrganisationKind.COURT}
    assert not any(ROLES_OF[kind] & runners for kind in others)


def test_an_officer_may_not_book():
    officer = Actor(ActorKind.USER, roles=frozenset({Role.OFFICER}))
    with pytest.raises(Forbidden):
        Context(officer).require(Permission.BOOK)


def test_several_roles_add_up():
    both = permissions(frozenset({Role.USHER, Role.LISTING_OFFICER}))
    assert both == GRANTS[Role.USHER] | GRANTS[Role.LISTING_OFFICER]
    assert permissions(frozenset()) == frozenset()


def test_the_system_may_do_all():
    assert all(SYSTEM.may(permission) for permission in Permission)
