"""What each role does besides the main job: links, the custody board, accounts, the audit, and no mouse."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import Service, service
from tests.journeys.visiting import PHONE, Visitor, Watch


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The service with a county in the middle of its day."""
    async with service(tmp_path_factory.mktemp("roles"), county.settle_a_day, mode="demo") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def hearing(court: Service) -> str:
    """The page of the hearing about to begin."""
    async with county.store(court) as db:
        return f"/hearings/{await db.read(county.about_to_begin, county.CONTEXT)}"


async def makes_a_link(staff: Visitor, hearing: str, part: str, name: str) -> str:
    """Makes a link for somebody on the hearing's page; answers the address to hand over."""
    await staff.goes(hearing)
    await staff.follows("Make a link for somebody else")
    await staff.page.get_by_role("radio", name=part, exact=True).check()
    await staff.page.get_by_label("Name that the others will see").fill(name)
    await staff.presses("Make the link")
    await staff.reads(f"Link for {name}")
    return await staff.page.locator("#join-url").inner_text()


async def test_an_advocate_joins_by_a_copied_link_on_a_phone(
    visit: Visit, court: Service, hearing: str
) -> None:
    staff = await county.signed_in(court, await visit(), "clerk")
    await staff.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    address = await makes_a_link(staff, hearing, "Defence advocate", "A. Advocate, for the defendant")
    await staff.presses("Copy the link")
    copied = await staff.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == address
    advocate = await visit(PHONE)
    await advocate.goes(copied)
    await advocate.is_at("kit")
    assert "#" not in advocate.page.url, "the credential leaves the address"
    await advocate.reads("A. Advocate, for the defendant", "It is an offence to record")
    await advocate.presses("Join")
    await advocate.is_at("lobby")
    assert (await advocate.figures()).connections == 0
    await staff.goes(hearing)
    person = staff.page.get_by_role("listitem").filter(has_text="A. Advocate")
    await expect(person).to_contain_text("Identity not confirmed")


async def test_a_link_that_was_taken_away_is_refused(
    visit: Visit, court: Service, watch: Watch, hearing: str
) -> None:
    watch.expected = ("401 (Unauthorized)", "404 (Not Found)")
    staff = await county.signed_in(court, await visit(), "clerk")
    address = await makes_a_link(staff, hearing, "Interpreter", "Ivo Interpreter")
    interpreter, too_late = await visit(PHONE), await visit(PHONE)
    await interpreter.goes(address)
    await interpreter.is_at("kit")
    await interpreter.presses("Join")
    await interpreter.is_at("lobby")
    await staff.goes(hearing)
    await staff.page.get_by_role("link", name=re.compile("^Take away.*Ivo Interpreter")).click()
    await staff.page.get_by_role("main").get_by_role("button").first.click()
    await expect(staff.page).to_have_url(re.compile("/hearings/"))
    # Whoever was in is out, and whoever still has the link does not get in.
    await interpreter.is_at("over")
    await too_late.goes(address)
    await too_late.is_at("refused")
    assert await too_late.faults_of_page() == []


async def test_custody_staff_connect_their_room_and_disconnect_it(visit: Visit, court: Service) -> None:
    board, device = [await county.signed_in(court, await visit(), "custody") for _ in range(2)]
    await board.goes("/custody")
    room = board.page.get_by_role("listitem").filter(has_text="Room not connected")
    connect = room.get_by_role("button", name=re.compile("^Connect this room"))
    await device.goes(str(await connect.get_attribute("href")))
    await device.is_at("kit")
    await device.presses("Join")
    await device.is_at("lobby")
    await board.reads("Room in the lobby")
    await board.page.get_by_role("link", name=re.compile("^Disconnect")).click()
    await board.presses("Disconnect this room")
    await board.reads("Room not connected")
    await device.is_at("over")


async def test_an_administrator_adds_a_person_who_chooses_a_password_by_a_link_that_works_once(
    visit: Visit, court: Service, watch: Watch
) -> None:
    watch.expected = ("422 (Unprocessable",)
    administrator = await county.signed_in(court, await visit(), "administrator")
    await administrator.goes("/people/new")
    await administrator.page.get_by_label("Full name").fill("Fennel Wrigglesworth")
    await administrator.page.get_by_label("Email address").fill("fennel@demonstration.example")
    await administrator.page.get_by_label("Usher").check()
    await administrator.presses("Add and make a link")
    invitation = await administrator.page.locator("#invitation").inner_text()

    usher = await visit(PHONE)
    await usher.goes(invitation)
    assert "#" not in usher.page.url, "the secret leaves the address"
    await usher.page.get_by_label("New password").fill("velvet lantern orchard")
    await usher.presses("Save password")
    await usher.reads("Your password is saved")
    await usher.signs_in("fennel@demonstration.example", "velvet lantern orchard")
    await expect(usher.page).to_have_url(re.compile("/day$"))

    again = await visit()
    await again.goes(invitation)
    await again.page.get_by_label("New password").fill("another lantern orchard")
    await again.presses("Save password")
    await again.reads("This link has been used or is too old")


async def test_the_audit_shows_who_read_a_hearing(visit: Visit, court: Service, hearing: str) -> None:
    usher = await county.signed_in(court, await visit(), "usher")
    await usher.goes(hearing)
    reference = await usher.page.locator(".cl-reference").first.inner_text()
    administrator = await county.signed_in(court, await visit(), "administrator")
    await administrator.goes("/audit")
    await administrator.page.get_by_label("Hearing reference").fill(reference)
    await administrator.page.get_by_label("What happened").select_option(label="Everything read")
    await administrator.presses("Show")
    read = administrator.page.get_by_role("row").filter(has_text=county.name("usher"))
    await expect(read.first).to_contain_text(reference)
    assert await administrator.faults_of_page() == []


async def test_a_hearing_is_booked_with_the_keyboard_alone(visit: Visit, court: Service) -> None:
    staff = await county.signed_in(court, await visit(), "clerk")
    await staff.goes("/day")
    await staff.tabs_to(re.compile("^Find a time for "))
    await staff.page.keyboard.press("Enter")
    await staff.reads("Show times")
    await staff.tabs_to(re.compile("^Hold "))
    await staff.page.keyboard.press("Enter")
    await staff.reads("Confirm this booking")
    await staff.tabs_to("Confirm booking")
    await staff.page.keyboard.press("Space")
    await staff.reads("Hearing booked")


async def test_a_block_of_the_diary_is_dragged_and_nothing_moves_before_it_is_confirmed(
    visit: Visit, court: Service
) -> None:
    staff = await county.signed_in(court, await visit(), "clerk")
    await staff.goes("/diary")
    block = staff.page.locator("[data-booking]").last
    await block.scroll_into_view_if_needed()
    title = await block.locator("strong").inner_text()
    box = await block.bounding_box()
    assert box
    mouse = staff.page.mouse
    await mouse.move(box["x"] + 5, box["y"] + 10)
    await mouse.down()
    await mouse.move(box["x"] + 100, box["y"] + 10, steps=5)
    await mouse.up()
    await expect(staff.page).to_have_url(re.compile("/diary/move[?]"))
    await expect(staff.page.locator(".govuk-caption-l")).to_contain_text(title)
    await expect(staff.page.locator("h1")).to_have_text(re.compile("Move this hearing|cannot be moved there"))
    assert await staff.faults_of_page() == []
