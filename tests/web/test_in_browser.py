"""The shared parts in Chromium, under the real Content-Security-Policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from court_link.paths import WEB
from tests.web.conftest import Site, Watched, axe_violations

ERROR_PAGES = sorted(int(path.stem) for path in (WEB / "templates/errors").glob("[0-9]*.html"))


def test_the_sample_page_has_no_accessibility_violations_and_fits(page: Page, site: Site, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site.url}/sample")
    expect(page.get_by_role("heading", name="Monday’s list")).to_be_visible()
    assert axe_violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_axe_does_find_a_violation_that_is_put_there(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sample")
    page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    assert any(found.startswith("button-name") for found in axe_violations(page))


@pytest.mark.parametrize("status", ERROR_PAGES)
def test_error_pages_have_no_accessibility_violations(
    page: Page, site: Site, watched: Watched, width: int, status: int
) -> None:
    watched.expected = ("Failed to load resource",)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site.url}/errors/{status}")
    assert axe_violations(page) == []


def test_wrong_input_is_summed_up_led_to_and_kept(
    page: Page, site: Site, watched: Watched, width: int
) -> None:
    watched.expected = ("422",)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site.url}/sample")
    page.get_by_label("Reason").fill("Because")
    page.get_by_label("Interpreter").check()
    page.get_by_role("button", name="Find times").click()
    expect(page).to_have_title("Error: Style sample – Court Link")
    expect(page.get_by_label("Reason")).to_have_value("Because")
    expect(page.get_by_label("Interpreter")).to_be_checked()
    expect(page.get_by_label("Screens")).to_be_checked()
    assert axe_violations(page) == []
    page.get_by_role("link", name="Enter a case reference").click()
    expect(page.get_by_label("Case reference")).to_be_focused()
    page.get_by_role("link", name="Say how").click()
    expect(page.get_by_label("By video")).to_be_focused()


def test_a_form_is_sent_once_however_often_it_is_pressed(page: Page, site: Site, watched: Watched) -> None:
    watched.expected = ("422",)
    page.goto(f"{site.url}/sample")
    page.evaluate(
        "() => { const button = document.querySelector('.cl-inline-form button');"
        " button.click(); button.click(); setTimeout(() => button.click(), 100) }"
    )
    expect(page).to_have_title("Error: Style sample – Court Link")
    assert [form["slot"] for form in site.sample.sent] == ["1"]


def test_a_form_names_the_origin_it_comes_from(page: Page, site: Site, watched: Watched) -> None:
    # Under "Referrer-Policy: no-referrer" browsers send "null", and the check against forgery refuses it.
    watched.expected = ("422",)
    page.goto(f"{site.url}/sample")
    page.get_by_role("button", name="Find times").click()
    expect(page).to_have_title("Error: Style sample – Court Link")
    assert site.sample.origins == [site.url]


def test_the_skip_link_comes_first_and_leads_to_the_content(page: Page, site: Site, watched: Watched) -> None:
    watched.expected = ("404",)
    page.goto(f"{site.url}/errors/404")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_change_appears_by_itself_is_announced_and_leaves_the_rest_alone(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sample")
    page.get_by_label("Reason").fill("half written")
    site.sample.count = 7
    expect(page.locator("#count")).to_have_text("7")
    expect(page.locator("[data-announcer]")).to_have_text("7 changes so far")
    expect(page.get_by_label("Reason")).to_have_value("half written")


def test_a_page_that_lost_its_stream_says_so_and_asks_for_what_it_missed(
    page: Page, site: Site, watched: Watched
) -> None:
    watched.expected = ("503", "ERR_")
    page.goto(f"{site.url}/sample")
    site.sample.count = 1
    expect(page.locator("#count")).to_have_text("1")
    site.sample.refusing = True
    expect(page.get_by_text("This page is out of date, reconnecting").first).to_be_visible()
    assert axe_violations(page) == []
    site.sample.count = 2
    site.sample.refusing = False
    expect(page.locator("#count")).to_have_text("2", timeout=60_000)
    expect(page.locator("[data-stale]")).to_have_count(0)
    assert site.sample.asked_after[0] == "0"
    assert "1" in site.sample.asked_after


def test_text_can_be_copied_with_one_press(page: Page, site: Site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page.goto(f"{site.url}/sample")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == "https://court.example/join#abcde-fghij"


def test_a_hold_counts_down_by_the_servers_clock(page: Page, site: Site) -> None:
    page.clock.install(time="2001-01-01T00:00:00Z")  # a device whose clock is years wrong
    page.goto(f"{site.url}/sample")
    left = page.locator("[data-ends-in]")
    expect(left).to_have_text("10 minutes")
    page.clock.fast_forward(541_000)
    expect(left).to_have_text("59 seconds")
    expect(page.locator("[data-announcer]")).to_have_text("Less than a minute left")
    page.clock.fast_forward(60_000)
    expect(left).to_have_text("no time")


def test_the_printed_page_leaves_out_what_only_a_screen_needs(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sample")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Find times")).to_be_hidden()
    expect(page.get_by_role("heading", name="Monday’s list")).to_be_visible()
    expect(page.get_by_role("img", name="Use of courtrooms")).to_be_visible()
    expect(page.locator(".cl-header__account")).to_be_hidden()
