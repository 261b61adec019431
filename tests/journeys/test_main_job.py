"""The main job, end to end: a real list imported, a matter booked, three browsers meeting, the truth told."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from playwright.async_api import expect

from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import MORNING, Service
from tests.journeys.visiting import PHONE, Visitor

LIST = Path(__file__).parents[1] / "data/court-lists/samples/magistratesStandardList.json"
MATTER = "Prosecuting Authority Name v Surname A"
OFFICER = "Sergeant Quill Marchpane"
DEFENDANT = "Defendant, Video room 1, Hatfield custody suite"
#: What following a hearing never shows: people, cases, what it is about, who is connected and by what.
NEVER_SHOWN = (
    *("surname", "authority", "45684548", "drink", "driving", "assault", "hearing type", "video", "custody"),
    *("marchpane", "officer", "defendant", "dealt with", "outcome", "plea", "link"),
)


async def test_a_list_is_imported_a_matter_booked_and_heard_and_the_truth_told(
    visit: Visit, court: Service
) -> None:
    staff = await visit()
    await staff.signs_in(county.email("clerk"), county.PASSWORD)
    await imports_the_list(staff)
    hearing = await books_a_matter(staff)
    public = await follows(await visit(PHONE), staff, hearing)
    await shows_only(public, "Listed")

    officer = await county.signed_in(court, await visit(PHONE), "officer")
    custody = await county.signed_in(court, await visit(), "custody")
    bench = await county.signed_in(court, await visit(), "bench")
    everybody = (officer, custody, bench)

    # Before the lobby opens there is no way in; then the page comes alive by itself.
    await officer.goes("/evidence")
    await officer.reads("You are needed today at 10:30am", "Stay on the beat. The lobby opens at 10am.")
    await expect(officer.page.get_by_role("button", name="Join from 10am")).to_be_disabled()
    court.clock.set(MORNING + timedelta(minutes=21))
    join = officer.page.get_by_role("button", name="Join the hearing at 10:30am")
    await expect(join).to_be_visible(timeout=90_000)
    await shows_only(public, "Starting soon")

    # Everybody comes from their own page, and waits in the lobby with no media at all.
    await join.click()
    await comes_in(officer)
    court.clock.set(MORNING + timedelta(minutes=36))  # the room's time begins with the consultation
    await custody.goes("/custody")
    await custody.page.get_by_role("button", name=re.compile("Connect this room")).click()
    await comes_in(custody)
    await bench.goes("/bench")
    await bench.page.get_by_role("button", name=re.compile("Open the hearing")).click()
    await bench.is_at("kit")
    await bench.presses("Join")
    await bench.is_at("hearing")
    court.clock.set(MORNING + timedelta(minutes=50))
    await bench.presses("Start the hearing")
    await shows_only(public, "In progress")
    for waiting in (officer, custody):
        assert (await waiting.figures()).connections == 0, "whoever waits has no media objects"
        await expect(waiting.page.locator('[data-stage="lobby"]')).to_be_visible()

    # Nobody remote is let in without a direction and a confirmed identity.
    for label in (OFFICER, DEFENDANT):
        await expect(bench.page.get_by_role("button", name=f"Let in {label}")).to_have_count(0)
    await records_directions(staff, hearing)
    for label in (OFFICER, DEFENDANT):
        await bench.presses(f"Confirm identity {label}")
        await bench.presses(f"Let in {label}")
    # A witness is let in, and neither hears nor is heard until called.
    await custody.meets(1)
    await officer.reads("You are waiting to be called. You hear nothing of the hearing")
    assert (await officer.figures()).packets == 0
    await bench.presses(f"Call {OFFICER}")
    for person in everybody:
        await person.is_at("hearing")
        await person.meets(2)
    for person in (bench, officer):
        assert await person.faults_of_page() == []

    await bench.presses("Pause")
    await shows_only(public, "On a break")
    for person in everybody:
        await person.gets_nothing()
    await bench.presses("Resume")
    for person in everybody:
        await person.sees_more()

    # One is removed: nothing reaches them any more, and the others go on.
    await bench.presses(f"Remove {OFFICER}")
    await bench.page.get_by_role("dialog").get_by_role("button", name="Remove", exact=True).click()
    await officer.is_at("over")
    await officer.reads("You are no longer in the hearing")
    assert await officer.faults_of_page() == []
    await officer.gets_nothing()
    await custody.sees_more()

    court.clock.set(MORNING + timedelta(minutes=62))
    await bench.presses("End the hearing")
    dialog = bench.page.get_by_role("dialog")
    await dialog.get_by_label("Dealt with").check()
    await dialog.get_by_label("Why did it end then?").select_option(label="Concluded")
    await dialog.get_by_role("button", name="End the hearing").click()
    for person in (custody, bench):
        await person.is_at("over")
        await person.gets_nothing()
    await shows_only(public, "Finished")

    analyst = await county.signed_in(court, await visit(), "commissioner")
    await tells_the_truth(analyst)


async def imports_the_list(staff: Visitor) -> None:
    await staff.follows("Court lists")
    await staff.page.get_by_label("Court list", exact=True).set_input_files(LIST)
    await staff.presses("Read this list")
    await staff.reads("Check this list", "Nothing has changed yet.", "The list has 5 hearings (4 by video)")
    await staff.presses("Import this list")
    await staff.reads("List imported")


async def books_a_matter(staff: Visitor) -> str:
    """Books the first matter of the list for this morning; answers the address of its page."""
    await staff.goes("/day?date=2023-12-13")
    await staff.page.get_by_role("link", name=f"Find a time for {MATTER}").first.click()
    # The list is of a day long gone: times are looked for from today on.
    await expect(staff.page.get_by_label("From", exact=True)).to_have_value("23/11/2026")
    await asks_for_this_morning(staff)
    await staff.reads("Times that cannot be had", "This time has passed.")
    await staff.presses("Hold 10:30am")
    await staff.reads("Confirm this booking", "10:30am to 10:42am", "On hold for you for")
    await staff.presses("Confirm booking")
    await staff.reads(
        "10:30am to 10:42am, Monday 23 November 2026", "Video room 1, Hatfield custody suite", OFFICER
    )
    booked = staff.page.url.partition("?")[0]
    # Somebody else's need for the same people is refused, with who and until when.
    await staff.goes("/day?date=2023-12-13")
    await staff.page.get_by_role("link", name="Find a time for Application by").click()
    await asks_for_this_morning(staff)
    await staff.reads("is in consultation for Prosecuting Authority Name v Surname A until 10:30am.")
    await staff.reads(f"{OFFICER} is ", "until 10:42am.")
    return booked


async def asks_for_this_morning(staff: Visitor) -> None:
    page = staff.page
    await page.get_by_label("Courtroom", exact=True).select_option(
        label="Courtroom 01, Preston Magistrates’ Court"
    )
    await page.get_by_label("Estimate").fill("12")
    await page.get_by_label("Video room 1, Hatfield custody suite").check()
    await page.get_by_label("Person 1").select_option(label=f"{OFFICER} (officer)")
    await staff.presses("Show times")


async def records_directions(staff: Visitor, hearing: str) -> None:
    for name in (OFFICER, DEFENDANT):
        await staff.goes(f"{hearing}/directions/new")
        for choice in (name, "Live video", "Permits"):
            await staff.page.get_by_role("radio", name=choice).check()
        await staff.page.get_by_label("Who made it?").fill("District Judge (MC) Thistlewick")
        await staff.page.get_by_label("What representations were made?").fill("Nobody wished to be heard")
        await staff.presses("Record direction")
        await staff.reads("Permits video")


async def follows(public: Visitor, staff: Visitor, hearing: str) -> Visitor:
    """Follows the hearing by a reference that court staff issue."""
    await staff.goes(f"{hearing}/following")
    await staff.presses("Issue a reference")
    reference = (await staff.page.locator(".cl-reference").first.inner_text()).strip()
    await public.goes("/follow")
    await public.page.get_by_label(re.compile("reference", re.IGNORECASE)).fill(reference)
    await public.presses("Follow this hearing")
    return public


async def shows_only(public: Visitor, stage: str) -> None:
    """The public page comes to the stage by itself, and tells nothing that it must not."""
    await expect(public.page.locator(".govuk-panel__title, .cl-panel__title").first).to_have_text(
        stage, timeout=90_000
    )
    shown = (await public.text()).lower()
    assert [word for word in NEVER_SHOWN if word in shown] == []


async def comes_in(person: Visitor) -> None:
    """Tries the kit and comes as far as the lobby; the pages are for everyone at each step."""
    await person.is_at("kit")
    assert await person.faults_of_page() == []
    await person.presses("Join")
    await person.is_at("lobby")
    assert await person.faults_of_page() == []


async def tells_the_truth(analyst: Visitor) -> None:
    """The report's figures are those of what happened: 12 minutes in session, the officer there for 30."""
    await analyst.goes("/report")
    # Booked and in-session minutes; nobody entered a sitting, so it counts as staffed at the usual times.
    assert (await figures(analyst, "Courtroom 01", "Preston"))[1:3] == ["12", "12"]
    # Quarter of an hour of consultation before, ten minutes of turnaround after.
    assert (await figures(analyst, "Video room 1", "Hatfield"))[1:3] == ["37", "12"]
    for what, count in (
        ("Ended: dealt with", "1"),
        ("All booked", "1"),
        ("Vacated", "0"),
        ("Technically failed", "0"),
    ):
        assert await figures(analyst, what) == [count]
    assert await figures(analyst, "In person: 1 officer day at 3 hours") == ["3.0"]
    assert await figures(analyst, "less time on the link") == ["−0.5"]
    assert await figures(analyst, "less set-up for 1 hearing at 5 minutes") == ["−0.1"]
    assert await figures(analyst, "Given back") == ["2.4"]


async def figures(analyst: Visitor, *words: str) -> list[str]:
    """The numbers of the table's row that has these words."""
    row = analyst.page.get_by_role("row")
    for word in words:
        row = row.filter(has_text=word)
    cells = await row.get_by_role("cell").all_inner_texts()
    return [cell.strip() for cell in cells if re.fullmatch(r"[−0-9.,]+", cell.strip())]
