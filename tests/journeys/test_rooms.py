"""Rooms that keep people apart, with real browsers: six links, and what each sees and hears of the others."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import expect

from court_link.api.links import join_url
from court_link.domain.context import Context
from court_link.domain.link import Link
from court_link.domain.roles import Part
from court_link.media import joining
from court_link.media.credentials import Keys
from court_link.store import Db, Session, links
from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import Service, service
from tests.journeys.visiting import Visitor
from tests.media.rig import until

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154"
    "789c6364f8ffbf1e0005fe02fea72d9c1d0000000049454e44ae426082"
)
KEYS = {
    Part.BENCH: "bench",
    Part.DEFENDANT: "custody",
    Part.ADVOCATE: "advocate",
    Part.PROSECUTOR: "prosecutor",
    Part.OFFICER: "officer",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def court(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """A hearing about to begin: everybody has a direction, and the defendant an interpreter."""

    async def seed(db: Db, running: Service) -> None:
        await county.settle_a_day(db, running)
        clerk = await county.as_(db, "clerk")
        await db.write(_interpreter, clerk)
        await db.write(county.direct, clerk)

    async with service(tmp_path_factory.mktemp("rooms"), seed, mode="demo") as running:
        yield running


def _interpreter(session: Session, ctx: Context) -> Link:
    hearing = county.about_to_begin(session, ctx)
    return joining.issue(session, ctx, hearing, Part.INTERPRETER, "Ivo Interpreter")


@dataclass
class People:
    """Those of one hearing, at their browsers, and their links."""

    at: Mapping[Part, Visitor]
    link: Mapping[Part, Link]

    def __getitem__(self, part: Part) -> Visitor:
        return self.at[part]

    def label(self, part: Part) -> str:
        return self.link[part].label

    async def are_at(self, stage: str, *parts: Part) -> None:
        for part in parts:
            await self[part].is_at(stage)

    async def see_and_hear(self, pictures: int, *parts: Part, sounds: int | None = None) -> None:
        """Waits until each of these receives just so many pictures and sounds, and no other."""
        wanted = (pictures, pictures if sounds is None else sounds)

        async def comes_to(part: Part) -> None:
            async def receives() -> bool:
                return await self[part].receives_now() == wanted

            await until(receives, 60, f"{part} receiving {wanted}")

        await asyncio.gather(*map(comes_to, parts))


@pytest_asyncio.fixture(loop_scope="session")
async def people(visit: Visit, court: Service) -> People:
    """The six, in the lobby but for the bench, each with a picture and a tone of their own; all known."""
    async with county.store(court) as db:
        clerk = await county.as_(db, "clerk")
        found = await db.read(links.of_hearing, clerk, await db.read(county.about_to_begin, clerk))
    link = {each.part: each for each in found}
    at: dict[Part, Visitor] = {}
    for part, key in KEYS.items():
        at[part] = await county.signed_in(court, await visit(), key)
        await at[part].goes(f"/room/{link[part].id}")
    interpreter = at[Part.INTERPRETER] = await visit()
    keys = Keys(court.settings.secret_key.get_secret_value())
    await interpreter.goes(join_url(court.settings, keys, link[Part.INTERPRETER]))

    async def come(part: Part) -> None:
        await at[part].is_at("kit")
        await at[part].presses("Use a test picture with a quiet tone instead")
        await at[part].presses("Join")
        await at[part].is_at("hearing" if part is Part.BENCH else "lobby")

    await asyncio.gather(*map(come, at))
    for part in at.keys() - {Part.BENCH}:
        await at[Part.BENCH].presses(f"Confirm identity {link[part].label}")
    return People(at, link)


async def test_six_people_are_together_and_apart_as_the_court_says(people: People, visit: Visit) -> None:
    bench, advocate, custody = people[Part.BENCH], people[Part.ADVOCATE], people[Part.DEFENDANT]
    client = people.label(Part.DEFENDANT)
    private = (Part.ADVOCATE, Part.DEFENDANT, Part.INTERPRETER)

    # Before the hearing, from the lobby: the interpreter goes with the client, and nobody else notices.
    await advocate.presses(f"Consult {client} in private")
    await people.are_at("hearing", *private)
    await custody.reads("Private: nobody else can hear you", people.label(Part.ADVOCATE))
    await people.see_and_hear(2, *private)
    for part in (Part.PROSECUTOR, Part.OFFICER):
        assert (await people[part].figures()).connections == 0, "whoever waits has no media objects"
    assert (await bench.figures()).packets == 0
    await advocate.presses("Leave the private room")
    await people.are_at("lobby", *private)

    # The hearing. The officer is let in, and hears nothing until called.
    for part in people.at.keys() - {Part.BENCH}:
        await bench.presses(f"Let in {people.label(part)}")
    await bench.presses("Start the hearing")
    together = people.at.keys() - {Part.OFFICER}
    await people.see_and_hear(4, *together)
    officer = people[Part.OFFICER]
    await officer.reads("You are waiting to be called. You hear nothing of the hearing")
    assert (await officer.figures()).packets == 0

    # A special measure keeps the officer's picture from the defendant, and nobody else.
    desk = Visitor(await bench.page.context.new_page(), bench.url)
    await desk.goes(f"/hearings/{people.link[Part.OFFICER].hearing_id}/screens/new")
    await desk.page.get_by_label("Who is protected?").select_option(str(people.link[Part.OFFICER].id))
    await desk.page.get_by_label("Who must not see or hear them?").select_option(
        str(people.link[Part.DEFENDANT].id)
    )
    await desk.page.get_by_label("Who ordered it?").fill("District Judge (MC) Thistlewick")
    await desk.presses("Order it")
    await desk.reads("Special measure ordered")
    await desk.page.close()
    await bench.presses(f"Call {people.label(Part.OFFICER)}")
    await people.see_and_hear(5, *(people.at.keys() - {Part.DEFENDANT}))
    await people.see_and_hear(4, Part.DEFENDANT, sounds=5)

    # An exhibit is seen by those whom the bench chooses.
    await advocate.page.get_by_text("Offer a document to the court").click()
    await advocate.page.get_by_label("What is it?").fill("Photograph of a gate")
    await advocate.page.get_by_label("The document").set_input_files(
        {"name": "gate.png", "mimeType": "image/png", "buffer": PNG}
    )
    await advocate.presses("Offer it")
    await bench.presses("Choose who sees it Photograph of a gate")
    showing = bench.page.get_by_role("dialog", name="Show Photograph of a gate")
    await showing.get_by_label(re.compile(people.label(Part.PROSECUTOR))).check()
    await bench.presses("Permit and show")
    prosecutor = people[Part.PROSECUTOR]
    await prosecutor.presses("Open Photograph of a gate")
    await expect(prosecutor.page.get_by_role("img", name="Photograph of a gate")).to_be_visible()
    await prosecutor.presses("Close")
    await expect(officer.page.get_by_text("Photograph of a gate")).to_have_count(0)

    # In private while the others go on, and called back with a warning.
    await bench.presses("Send people to a private room")
    dialog = bench.page.get_by_role("dialog", name="Send people to a private room")
    for part in (Part.ADVOCATE, Part.DEFENDANT):
        await dialog.get_by_label(re.compile(re.escape(people.label(part)))).check()
    await dialog.get_by_role("button", name="Send them").click()
    await people.see_and_hear(2, *private)
    await people.see_and_hear(2, *(people.at.keys() - set(private)))
    await bench.page.get_by_role("button", name=re.compile("^Recall ")).click()
    await custody.reads("The court has called you back.", re.compile(r"[012]:\d\d left"))
    await advocate.presses("Leave the private room")
    await people.see_and_hear(5, *(people.at.keys() - {Part.DEFENDANT}))

    # After the hearing there is nobody but those in private.
    await bench.presses("End the hearing")
    dialog = bench.page.get_by_role("dialog")
    await dialog.get_by_label("Adjourned").check()
    await dialog.get_by_role("button", name="End the hearing").click()
    await people.are_at("over", *people.at)
    await advocate.presses(f"Consult {client} in private")
    await people.see_and_hear(2, *private)
    for part in people.at.keys() - set(private):
        await people[part].gets_nothing()
