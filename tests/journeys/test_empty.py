"""Where nothing is listed, booked or known yet, every role's page says so, and what comes next."""

from __future__ import annotations

import pytest

from tests.journeys import county
from tests.journeys.conftest import Visit
from tests.journeys.service import Service

#: Each role's pages, and what stands on them when there is nothing to do.
EMPTY = {
    "clerk": {"/day": "No hearings are listed on this day", "/imports": "No list has been read yet"},
    "bench": {"/bench": "Nothing is booked by video today"},
    "officer": {"/evidence": "You are not needed today"},
    "custody": {"/custody": "Nobody else is due on video today"},
    "advocate": {"/clients": "You have no hearings by video today"},
    "commissioner": {"/report": "of staffed open time; 0% was booked"},
    "administrator": {"/tokens": "", "/audit": "", "/people": ""},
}


@pytest.mark.parametrize("who", EMPTY)
async def test_an_empty_page_says_so_and_is_accessible(who: str, visit: Visit, court: Service) -> None:
    visitor = await county.signed_in(court, await visit(), who)
    for address, words in EMPTY[who].items():
        await visitor.goes(address)
        await visitor.reads(words or "Court")
        assert await visitor.faults_of_page() == [], address
