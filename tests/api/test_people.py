"""People, invitations, tokens and the audit, as administrators use them."""

import re
from datetime import timedelta

import pytest

from court_link.domain.roles import OrganisationKind, Role
from tests.api.apps import Browser, World

GOOD = "blue kettle marble"


@pytest.fixture
async def court(world: World):
    return await world.organisation(OrganisationKind.COURT, "Example Magistrates' Court")


@pytest.fixture
async def admin(world: World, court) -> Browser:
    account = await world.person(
        court, Role.ADMINISTRATOR, email="admin@court.example", name="Vesper Inkwell"
    )
    return await world.signed_in(account)


async def add(admin: Browser, email: str = "new@court.example", roles=("usher",), name="New Person") -> str:
    """Add a person on the page; answers the secret of their link."""
    page = await admin.submit("/people/new", {"name": name, "email": email, "roles": list(roles)})
    assert page.status_code == 200, page.text
    return code_in(page.text)


def code_in(page: str) -> str:
    """The secret of the one link that a page shows."""
    [code] = set(re.findall(r"/choose-password#([\w-]+)", page))
    return str(code)


async def test_a_new_person_chooses_a_password_by_their_link_once(world, admin):
    code = await add(admin)
    person = world.browser()
    assert (await person.get("/choose-password")).status_code == 200
    weak = await person.post("/choose-password", {"code": code, "password": "password1234"})
    assert weak.status_code == 422
    assert "harder to guess" in weak.text
    assert (await person.post("/choose-password", {"code": code, "password": GOOD})).status_code == 200
    assert (await person.sign_in("new@court.example", GOOD)).status_code == 303
    again = await world.browser().post("/choose-password", {"code": code, "password": GOOD})
    assert again.status_code == 422
    assert "has been used or is too old" in again.text


async def test_a_link_ends_after_three_days(world, admin):
    code = await add(admin)
    world.wall.set(world.wall.now() + timedelta(days=3))
    late = await world.browser().post("/choose-password", {"code": code, "password": GOOD})
    assert late.status_code == 422


async def test_a_reset_voids_the_password_the_sign_ins_and_the_links_before_it(world, admin, court):
    account = await world.person(court, Role.USHER, email="usher@court.example")
    theirs = await world.signed_in(account)
    first = await admin.submit(f"/people/{account.id}/reset")
    second = await admin.submit(f"/people/{account.id}/reset")
    codes = [code_in(page.text) for page in (first, second)]
    assert (await theirs.get("/account")).status_code == 303
    assert (await world.browser().sign_in(account.email)).status_code == 422
    old = await world.browser().post("/choose-password", {"code": codes[0], "password": GOOD})
    new = await world.browser().post("/choose-password", {"code": codes[1], "password": GOOD})
    assert (old.status_code, new.status_code) == (422, 200)


async def test_a_form_keeps_what_was_typed_and_says_what_is_wrong(world, admin):
    page = await admin.submit(
        "/people/new", {"name": "Kept Name", "email": "not an address", "roles": ["usher"]}
    )
    assert page.status_code == 422
    assert "There is a problem" in page.text
    assert 'value="Kept Name"' in page.text
    assert 'value="not an address"' in page.text
    assert re.search(r'value="usher"[^>]*checked', page.text)


@pytest.mark.parametrize("role", ["officer", "commissioner", "nonsense"])
async def test_only_roles_of_this_kind_of_organisation_can_be_given(world, admin, role):
    refused = await admin.submit("/people/new", {"name": "A", "email": "a@b.example", "roles": [role]})
    assert refused.status_code == 422
    assert "Select" in refused.text


async def test_an_address_signs_one_person_in(world, admin):
    await add(admin)
    again = await admin.submit(
        "/people/new", {"name": "A", "email": "NEW@court.example ", "roles": ["usher"]}
    )
    assert again.status_code == 422
    assert "already signs in" in again.text


async def test_new_roles_take_effect_at_once_by_signing_out(world, admin, court):
    account = await world.person(court, Role.USHER, name="Usher Example", email="usher@court.example")
    theirs = await world.signed_in(account)
    form = {"name": account.name, "email": account.email, "version": str(account.version + 1)}
    changed = await admin.submit(f"/people/{account.id}", {**form, "roles": ["bench"]})
    assert changed.status_code == 303
    assert (await theirs.get("/account")).status_code == 303
    stale = await admin.submit(f"/people/{account.id}", {**form, "roles": ["usher"]})
    assert stale.status_code == 409


async def test_a_disabled_person_is_out_everywhere_until_enabled(world, admin, court):
    account = await world.person(court, Role.USHER, email="usher@court.example")
    theirs = await world.signed_in(account)
    assert "Disable" in (await admin.get(f"/people/{account.id}/disable")).text
    await admin.submit(f"/people/{account.id}/disable")
    assert (await theirs.get("/account")).status_code == 303
    assert (await world.browser().sign_in(account.email)).status_code == 422
    await admin.submit(f"/people/{account.id}", to=f"/people/{account.id}/enable")
    assert (await world.browser().sign_in(account.email)).status_code == 303


async def test_the_last_administrator_stays(world, admin, court):
    people = (await admin.client.get("/api/users")).json()["items"]
    form = {"name": "Vesper Inkwell", "email": "admin@court.example", "version": str(people[0]["version"])}
    refused = await admin.submit(f"/people/{people[0]['id']}", {**form, "roles": ["usher"]})
    assert refused.status_code == 422
    assert (await admin.submit(f"/people/{people[0]['id']}/disable")).status_code == 422


async def test_people_are_found_by_name_and_address_a_page_at_a_time(world, admin, court):
    machine = await world.machine(court, Role.ADMINISTRATOR)
    for number in range(5):
        body = {"name": f"person {number}", "email": f"p{number}@court.example", "roles": ["usher"]}
        assert (await machine.post("/api/users", json=body)).status_code == 201
    seen, after = [], None
    while True:
        page = (
            await machine.get("/api/users", params={"limit": 2, **({"after": after} if after else {})})
        ).json()
        seen += [each["name"] for each in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == [*(f"person {number}" for number in range(5)), "Vesper Inkwell"]
    assert [each["name"] for each in (await machine.get("/api/users?q=P3@COURT")).json()["items"]] == [
        "person 3"
    ]
    assert (await machine.get("/api/users?q=%25")).json()["items"] == []
    assert "Nobody found" in (await admin.get("/people?q=nobody-such")).text


async def test_the_api_changes_what_is_given_and_refuses_a_stale_version(world, court):
    machine = await world.machine(court, Role.ADMINISTRATOR)
    body = {"name": "Ada Example", "email": "ada@court.example", "roles": ["usher"]}
    made = await machine.post("/api/users", json=body)
    where = made.headers["location"]
    read = await machine.get(where)
    changed = await machine.patch(
        where, json={"roles": ["bench"]}, headers={"If-Match": read.headers["etag"]}
    )
    assert (changed.json()["roles"], changed.json()["name"]) == (["bench"], "Ada Example")
    late = await machine.patch(where, json={"name": "B"}, headers={"If-Match": read.headers["etag"]})
    assert late.status_code == 412
    assert (await machine.patch(where, json={"nonsense": 1})).status_code == 422


async def test_a_token_is_shown_once_works_and_is_refused_when_revoked_or_old(world, admin):
    made = await admin.submit("/tokens/new", {"name": "Listing system", "roles": ["usher"], "days": "30"})
    [secret] = set(re.findall(r"clt_[\w-]+", made.text))
    assert secret not in (await admin.get("/tokens")).text
    headers = {"Authorization": f"Bearer {secret}"}
    machine = world.client()
    me = (await machine.get("/api/me", headers=headers)).json()
    assert (me["kind"], me["roles"]) == ("token", ["usher"])
    assert (await machine.get("/api/me", headers={"Authorization": f"Bearer {secret}x"})).status_code == 401
    began = world.wall.now()
    world.wall.set(began + timedelta(days=30))
    assert (await machine.get("/api/me", headers=headers)).status_code == 401
    world.wall.set(began)
    token = (await admin.client.get("/api/tokens")).json()[0]
    assert (await admin.submit(f"/tokens/{token['id']}/revoke")).status_code == 303
    assert (await machine.get("/api/me", headers=headers)).status_code == 401
    assert "Revoked" in (await admin.get("/tokens")).text


async def test_the_audit_shows_who_changed_and_who_read_within_ones_own_organisation(world, admin, court):
    account = await world.person(court, Role.USHER, name="Usher Example", email="usher@court.example")
    other = await world.organisation(OrganisationKind.FORCE, "Example Constabulary")
    await world.person(other, Role.OFFICER, name="Foreign Person")
    await admin.get(f"/people/{account.id}")
    page = await admin.get("/audit?kind=reads")
    assert "User read" in page.text
    assert "Vesper Inkwell" in page.text
    assert "Usher Example" in page.text
    everything = (await admin.get("/audit")).text
    assert "User created" in everything
    assert "Foreign Person" not in everything
    assert "Audit read" in everything  # reading the audit is read, too
    csv = await admin.get("/audit.csv?person=usher")
    assert csv.headers["content-type"].startswith("text/csv")
    assert "user.read" in csv.text


async def test_the_audit_is_paged_newest_first_and_filtered(world, admin, court):
    machine = await world.machine(court, Role.ADMINISTRATOR)
    seen, after = [], None
    while True:
        page = (
            await machine.get("/api/audit", params={"limit": 2, **({"after": after} if after else {})})
        ).json()
        seen += [each["seq"] for each in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) > 3
    kinds = (await machine.get("/api/audit?kind=token.created")).json()["items"]
    assert {each["kind"] for each in kinds} == {"token.created"}
    assert (await machine.get("/api/audit?day=2026-11-22")).json()["items"] == []
    assert (await machine.get("/api/audit?day=2026-11-23")).json()["items"]
    wrong = await admin.get("/audit?kind=nonsense&day=yesterday&hearing=abc")
    assert wrong.status_code == 422
    assert 'value="yesterday"' in wrong.text
    assert (await admin.get("/audit.csv?day=yesterday")).status_code == 422


async def test_each_role_is_led_to_its_own_work(world, court):
    homes = {
        (OrganisationKind.COURT, Role.LISTING_OFFICER): "/day",
        (OrganisationKind.COURT, Role.LEGAL_ADVISER): "/day",
        (OrganisationKind.COURT, Role.USHER): "/day",
        (OrganisationKind.COURT, Role.BENCH): "/bench",
        (OrganisationKind.COURT, Role.ADMINISTRATOR): "/people",
        (OrganisationKind.FORCE, Role.OFFICER): "/evidence",
        (OrganisationKind.CUSTODY, Role.CUSTODY_OFFICER): "/custody",
        (OrganisationKind.CUSTODY, Role.DETENTION_OFFICER): "/custody",
        (OrganisationKind.PROSECUTION, Role.PROSECUTOR): "/clients",
        (OrganisationKind.DEFENCE, Role.ADVOCATE): "/clients",
        (OrganisationKind.COMMISSIONER, Role.COMMISSIONER): "/report",
    }
    for (kind, role), home in homes.items():
        organisation = await world.organisation(kind, f"Example {kind.value}")
        browser = await world.signed_in(await world.person(organisation, role))
        assert (await browser.get("/")).headers["location"] == home


async def test_the_first_administrator_of_an_organisation_is_made_from_the_command_line(world):
    from court_link.domain.context import SYSTEM, Context
    from court_link.identity import organisations

    async def bootstrap(email):
        return await world.db.write(
            organisations.bootstrap,
            Context(SYSTEM),
            "Fresh Court",
            OrganisationKind.COURT,
            "Hertfordshire",
            email,
            "First Person",
            world.wall.now(),
        )

    code = await bootstrap("first@court.example")
    assert (
        await world.browser().post("/choose-password", {"code": code, "password": GOOD})
    ).status_code == 200
    browser = world.browser()
    await browser.sign_in("first@court.example", GOOD)
    assert "First Person" in (await browser.get("/people")).text
    again = await bootstrap("first@court.example")
    assert again != code
    assert (await world.browser().sign_in("first@court.example", GOOD)).status_code == 422
