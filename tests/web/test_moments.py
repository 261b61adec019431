"""A page that time alone changes asks for itself again at that moment."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.web.conftest import Site

LOAD = """() => {
  document.querySelector("[data-live]").dataset.changesIn = "1"
  const script = document.createElement("script")
  script.type = "module"
  script.src = "/static/js/moments.js"
  document.head.append(script)
}"""


def test_a_page_looks_again_when_its_moment_comes(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sample")
    with page.expect_request(lambda sent: sent.url == f"{site.url}/sample") as again:
        page.evaluate(LOAD)
    assert again.value.resource_type == "fetch"
    expect(page.get_by_role("heading", name="Monday’s list")).to_be_visible()
