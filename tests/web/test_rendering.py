"""Templates are strict, pages keep what was typed, and every state has its words."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError
from starlette.requests import Request

from court_link.api.pages.rendering import Frame, NavItem, render, templates
from court_link.api.pages.stages import ENDINGS, ending, state_words
from court_link.api.pages.static import STATIC, static
from court_link.domain.booking import BookingState
from court_link.domain.direction import DirectionStatus
from court_link.domain.errors import FieldError
from court_link.domain.hearing import EndCause, HearingState, Outcome
from court_link.domain.link import Admission

PAGE = """
{% extends "layout.html" %}
{% from "macros/forms.html" import checkboxes, text_field with context %}
{% block title %}Find a time{% endblock %}
{% block content %}
{{ text_field("case.urn", "URN", value="first") }}
{{ checkboxes("needs", "Needs", [{"value": "a", "text": "A"}, {"value": "b", "text": "B"}], value=["a"]) }}
{% endblock %}
"""


def asked(path: str = "/", frame: Frame | None = None) -> Request:
    request = Request({"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""})
    if frame is not None:
        request.state.frame = frame
    return request


def page(source: str = PAGE, path: str = "/", frame: Frame | None = None, **context: object) -> str:
    answer = render(asked(path, frame), templates.from_string(source), **context)  # type: ignore[arg-type]
    return bytes(answer.body).decode()


def test_a_name_that_a_template_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="courtroom"):
        page(PAGE.replace("{{ text_field", "{{ courtroom }}{{ text_field"))


def test_markup_in_what_people_write_is_shown_and_never_run() -> None:
    hostile = '"><script>alert(1)</script>'
    shown = page(values={"case.urn": hostile}, errors=[FieldError("case.urn", hostile)])
    assert hostile not in shown
    assert shown.count("&lt;script&gt;") == 3  # in the field, beside it and in the summary


def test_an_error_is_in_the_title_the_summary_and_beside_its_field() -> None:
    shown = page(errors=[FieldError("case.urn", "Enter a URN")])
    assert "<title>Error: Find a time – Court Link</title>" in shown
    assert '<a href="#case-urn">Enter a URN</a>' in shown
    assert 'id="case-urn"' in shown
    assert 'aria-describedby="case-urn-error"' in shown


def test_fields_keep_what_was_typed() -> None:
    assert 'value="first"' in page()
    shown = page(values={"case.urn": "41AB", "needs": ["b"]})
    assert 'value="41AB"' in shown
    assert 'value="b" checked' in shown
    assert 'value="a" checked' not in shown


def test_what_was_unticked_stays_unticked() -> None:
    assert 'value="a" checked' in page()
    assert 'value="a" checked' not in page(values={"case.urn": ""})


def test_the_navigation_marks_the_page_and_the_part_it_is_in() -> None:
    frame = Frame(signed_in_as="PC 1187", nav=(NavItem("/day", "Today"), NavItem("/book", "Book")))
    assert 'href="/day" aria-current="page"' in page(path="/day", frame=frame)
    assert 'href="/day" aria-current="true"' in page(path="/day/2", frame=frame)
    assert "aria-current" not in page(path="/daybreak", frame=frame)


def test_only_a_signed_in_person_is_offered_to_sign_out() -> None:
    assert "Sign out" in page(frame=Frame(signed_in_as="PC 1187", csrf_token="t"))
    assert "Sign out" not in page()


@pytest.mark.parametrize("status", [403, 404, 409, 422, 429, 500, 503])
def test_every_error_page_says_what_to_do(status: int) -> None:
    answer = render(asked("/x"), f"errors/{status}.html", status=status)
    assert answer.status_code == status
    assert bytes(answer.body).decode().count('class="govuk-body"') >= 2


def test_a_busy_service_says_when_to_try_again() -> None:
    answer = render(asked("/x"), "errors/503.html", status=503, retry_after=7)
    assert "Try again in 7 seconds" in bytes(answer.body).decode()


def test_every_state_and_ending_has_its_words() -> None:
    for states in (HearingState, BookingState, Admission, DirectionStatus):
        assert all(state_words(state).text for state in states)
    assert set(ENDINGS) == {*Outcome, *EndCause}
    assert ending("part_heard") == "Part-heard"


def test_a_static_file_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        static("css/none.css")


def test_no_template_or_script_of_ours_carries_inline_style_or_script() -> None:
    ours = [*(STATIC.parent / "templates").rglob("*.html"), *(STATIC / "js").glob("*.js")]
    assert ours
    for path in ours:
        text = path.read_text()
        assert [
            mark for mark in (' style="', "<style", ".innerHTML", " onclick", "javascript:") if mark in text
        ] == []
