"""What a hearing is, as rotas divide a court's work."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from court_link.domain.business import Business, Panel, business_of, named
from court_link.domain.recipes import types
from court_link.domain.sittings import business_types


@dataclass(frozen=True)
class Matter:
    hearing_type: str = "Bail"
    panel: str = "ADULT"
    youth: bool = False
    family: bool = False


@pytest.mark.parametrize(
    ("matter", "panel"),
    [
        (Matter(), Panel.ADULT),
        (Matter(panel=""), Panel.ADULT),
        (Matter(panel="youth"), Panel.YOUTH),
        (Matter(youth=True), Panel.YOUTH),
        (Matter(family=True), Panel.FAMILY),
        (Matter(panel="FAMILY"), Panel.FAMILY),
    ],
)
def test_the_panel_follows_from_the_list_and_from_what_is_said_of_the_matter(
    matter: Matter, panel: Panel
) -> None:
    assert business_of(matter).panel is panel


def test_a_trial_is_kept_from_a_remand_courtroom_and_a_remand_from_a_trial_courtroom() -> None:
    trial, remand = business_of(Matter("Trial")), business_of(Matter("Remand"))
    assert trial.kept_from(["REM", "CUST"])
    assert not trial.kept_from(["REM", "TRL"])
    assert remand.kept_from(["TRL"])
    assert not remand.kept_from(["VIR"])


def test_general_rooms_and_those_for_timed_links_take_every_business_and_free_rooms_too() -> None:
    for each in types():
        business = business_of(Matter(each.name))
        assert not business.kept_from([])
        assert not business.kept_from(["GEN"])
        assert not business.kept_from(["VLT"])


def test_a_family_matter_is_kept_from_every_room_for_crime() -> None:
    assert business_of(Matter("Directions", family=True)).kept_from(["TRL", "REM"])


def test_a_type_that_nobody_knows_is_kept_from_no_room() -> None:
    assert not business_of(Matter("A local custom")).kept_from(["TRL"])


def test_every_business_of_a_recipe_is_one_of_the_courts_own() -> None:
    assert {code for each in types() for code in each.business} <= business_types().keys()


def test_an_adult_court_hears_somebody_under_18_and_a_youth_court_nobody_else() -> None:
    youth, adult, family = (Business(panel) for panel in (Panel.YOUTH, Panel.ADULT, Panel.FAMILY))
    assert not youth.barred_by("ADULT")
    assert not youth.barred_by("YOUTH")
    assert adult.barred_by("YOUTH") == "sits as a youth court"
    assert adult.barred_by("FAMILY") == "sits as a family court"
    assert family.barred_by("ADULT") == "sits as an adult court"
    assert family.barred_by("YOUTH") == "sits as a youth court"
    assert not any(each.barred_by("") or each.barred_by("LOCAL") for each in (youth, adult, family))


def test_business_types_are_named_and_an_unknown_one_stays_as_it_is() -> None:
    assert named(["TRL", "ODD"]) == "Trial and ODD"
