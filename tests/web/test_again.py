"""When the page tries again: its one schedule, in Chromium, with time and chance of the test's own."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.web.conftest import Site

#: A page with a clock that only the test moves; `happened` is what was tried, and when.
_SCHEDULE = """async (steps) => {
  const { Again } = await import("/static/js/again.js");
  const page = new EventTarget();
  const connection = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden: false });
  let now = 0, next = 0;
  const due = new Map();
  Object.assign(page, {
    Math: { random: () => steps.chance ?? 0.5 }, navigator: { connection }, document,
    setTimeout: (what, wait) => { due.set(++next, { what, at: now + wait }); return next; },
    clearTimeout: (id) => due.delete(id),
  });
  const tried = [];
  const again = new Again(() => tried.push(now), page);
  const pass = (until) => {
    for (;;) {
      const [id, first] = [...due].sort(([, a], [, b]) => a.at - b.at)[0] ?? [];
      if (!first || first.at > until) break;
      due.delete(id);
      now = first.at;
      first.what();
      if (steps.fails !== false) again.failed();
    }
    now = until;
  };
  for (const [what, value] of steps.do) {
    if (what === "fail") again.failed();
    if (what === "pass") pass(now + value);
    if (what === "done") again.done();
    if (what === "end") again.end();
    if (what === "online") page.dispatchEvent(new Event("online"));
    if (what === "network") connection.dispatchEvent(new Event("change"));
    if (what === "shown" || what === "hidden") {
      document.hidden = what === "hidden";
      document.dispatchEvent(new Event("visibilitychange"));
    }
  }
  return tried;
}"""


def tried(page: Page, site: Site, *steps: tuple[str, int | None], **settings: Any) -> list[int]:
    """The moments, in milliseconds, at which it was tried."""
    page.goto(f"{site.url}/sample")
    moments: list[int] = page.evaluate(_SCHEDULE, {"do": steps} | settings)
    return moments


def test_what_failed_is_tried_again_soon_and_then_every_seven_seconds_for_ever(
    page: Page, site: Site
) -> None:
    moments = tried(page, site, ("fail", None), ("pass", 4 * 3600 * 1000))
    assert moments[:7] == [0, 300, 1500, 4200, 9000, 16000, 23000]
    assert len(moments) > 2000, "for the whole of a booked morning"


def test_chance_spreads_those_who_come_back_together(page: Page, site: Site) -> None:
    early = tried(page, site, ("fail", None), ("pass", 60_000), chance=0)
    late = tried(page, site, ("fail", None), ("pass", 60_000), chance=1)
    assert early[:5] == late[:5]
    assert (early[5] - early[4], late[5] - late[4]) == (5250, 8750)


def test_it_is_tried_at_once_when_the_network_or_the_person_comes_back(page: Page, site: Site) -> None:
    waiting = [("fail", None)] * 6  # each failure puts the next try off further
    for sign in ("online", "network", "shown"):
        assert tried(page, site, *waiting, ("pass", 1000), (sign, None), fails=False) == [1000]
    assert tried(page, site, *waiting, ("pass", 1000), ("hidden", None), fails=False) == []


def test_another_network_is_looked_at_though_nothing_is_known_to_be_wrong(page: Page, site: Site) -> None:
    assert tried(page, site, ("pass", 500), ("online", None), fails=False) == [500]
    assert tried(page, site, ("pass", 500), ("shown", None), fails=False) == []


def test_after_a_success_the_next_failure_is_tried_again_soon(page: Page, site: Site) -> None:
    failed = [("fail", None)] * 4
    moments = tried(page, site, *failed, ("done", None), ("pass", 1000), ("fail", None), ("pass", 500))
    assert moments == [1000, 1300]


def test_what_has_ended_is_never_tried_again(page: Page, site: Site) -> None:
    assert tried(page, site, ("fail", None), ("end", None), ("pass", 60_000), ("online", None)) == []
