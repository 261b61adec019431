"""Hard dates: which binds, what is said of it, and where the rule stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from court_link.domain.harddates import SOURCES, HardRule, first_sitting_only, limit, none_left

TODAY = date(2026, 11, 23)
SOONER, LATER = date(2026, 11, 26), date(2026, 12, 3)


@dataclass(frozen=True)
class Facts:
    detained: bool = False
    remand_expires: date | None = None
    custody_limit: date | None = None
    group_day: int = 0


def test_a_hearing_without_a_hard_date_has_none():
    assert limit(Facts(), TODAY) is None
    assert none_left(Facts(), TODAY) == ""


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (Facts(remand_expires=SOONER, custody_limit=LATER), HardRule.REMAND),
        (Facts(remand_expires=LATER, custody_limit=SOONER), HardRule.CUSTODY_LIMIT),
    ],
)
def test_the_earlier_date_binds_and_says_where_its_rule_stands(facts, rule):
    bound = limit(facts, TODAY)
    assert bound is not None
    assert (bound.day, bound.rule) == (SOONER, rule)
    assert SOURCES[rule] in bound.sentence
    assert "on or before Thursday 26 November 2026" in bound.sentence


def test_a_date_that_has_passed_still_binds_and_says_so():
    bound = limit(Facts(remand_expires=TODAY), LATER)
    assert bound is not None
    assert "out of time" in bound.sentence


def test_a_custody_time_limit_binds_the_first_day_of_a_trial_alone():
    assert limit(Facts(custody_limit=SOONER, group_day=1), TODAY) is not None
    assert limit(Facts(custody_limit=SOONER, group_day=2), TODAY) is None


def test_what_is_known_of_the_hearing_cannot_be_taken_back_by_what_is_asked():
    assert first_sitting_only(Facts(detained=True), asked=False)
    assert first_sitting_only(Facts(), asked=True)
    assert not first_sitting_only(Facts())


def test_when_none_is_left_the_custody_officer_tells_the_court():
    assert "custody officer" in none_left(Facts(detained=True), TODAY)
    assert "by Thursday 26 November" in none_left(Facts(remand_expires=SOONER), TODAY)
