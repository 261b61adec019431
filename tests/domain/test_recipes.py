"""Recipes: requirements of hearing types as data."""

from __future__ import annotations

import pytest

from court_link.domain.hearing import TRIAL_OUTCOMES, outcomes
from court_link.domain.recipes import lengthened, recipe, types, usual_minutes
from court_link.domain.roles import Part


def test_the_magistrates_types_have_the_medians_of_practice():
    medians = {
        "First appearance": 12,
        "Remand": 12,
        "Sending": 8,
        "Bail": 20,
        "Guilty anticipated plea": 13,
        "Not guilty anticipated plea": 18,
        "Sentence": 20,
        "Traffic": 4,
        "Officer's evidence": 20,
    }
    assert {name: usual_minutes(name) for name in medians} == medians


def test_every_type_of_the_crown_court_is_known_by_code_and_by_name():
    names = [made.name for made in types()]
    assert len(names) == len(set(names))
    assert {"Plea & Trial Preparation", "Ground Rules Hearing", "Section 28 Hearing"} <= {*names}
    assert recipe("ptr") == recipe("Pre-Trial Review")
    assert recipe("Pre-trial review").welsh == "Adolygiad Cyn-treial"
    assert recipe("FPTP").minutes == 20


def test_of_a_name_that_both_courts_know_the_magistrates_figure_stands():
    assert (recipe("Sentence").minutes, recipe("SEN").minutes) == (20, 30)


@pytest.mark.parametrize("name", ["Trial", "TRL", "Youth trial", "Summary trial", "Trial - no witnesses"])
def test_a_trial_has_no_usual_length(name):
    assert recipe(name).trial
    assert usual_minutes(name) is None
    assert outcomes(name) == TRIAL_OUTCOMES


@pytest.mark.parametrize(
    "name", ["Pre-Trial Review", "Plea & Trial Preparation", "Sending for trial", "Case management", "x"]
)
def test_a_hearing_about_a_trial_is_none(name):
    assert not recipe(name).trial


def test_sentence_expects_probation_and_a_first_appearance_is_the_first():
    assert Part.PROBATION in recipe("Sentence").parts
    assert recipe("first hearing").first
    assert not recipe("Remand").first


@pytest.mark.parametrize(("minutes", "longer"), [(20, 30), (12, 20), (4, 10), (60, 90)])
def test_consecutive_interpreting_takes_half_as_long_again_to_the_next_five_minutes(minutes, longer):
    assert lengthened(minutes) == longer
