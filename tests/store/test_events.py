"""Events: written with the change, sealed in order, provable, and erasable in their personal part."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from court_link.domain.context import Actor, ActorKind, Context
from court_link.domain.events import EventKind
from court_link.domain.ids import new_id
from court_link.store import Db, audit, checkpoints, events, feed
from court_link.store.audit import keep_checkpoints, newest_checkpoint, verify, verify_audit
from court_link.store.constraints import establish
from court_link.store.migrate import migration_engine
from tests.store.rows import CTX

CLERK = Context(Actor(ActorKind.USER, id=new_id(), organisation_id=new_id()), request_id="r-1")
SECRET = "a secret of this test alone"


def tell(session, ctx, /, number: int = 1, **facts):
    return [
        events.record(session, ctx, EventKind.REPORT_READ, data={"number": n}, **facts) for n in range(number)
    ]


def details(session, ctx, event_id):
    return events.details(session, event_id)


async def told(db: Db, number: int) -> list[int]:
    """Write events and wait for all their seals; answers the feed's numbers."""
    await db.write(tell, CTX, number)
    while await db.sealed(number - 1, 5) < number:
        pass
    return [event.data["number"] for event in await db.read(feed.after, CTX, 0)]


def tamper(url: str, statement: str) -> None:
    """Change what may not be changed, as somebody with the database's own keys could."""
    made = migration_engine(url)
    with made.begin() as connection:
        for table in ("event", "event_seal"):
            if made.dialect.name == "sqlite":
                for change in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER {table}_append_only_{change}"))
            else:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only"))
        connection.execute(text(statement))
        if made.dialect.name == "postgresql":
            connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        establish(connection)
    made.dispose()


async def test_events_of_one_change_keep_their_order(db: Db) -> None:
    assert await told(db, 50) == list(range(50))


async def test_an_event_says_who_did_what_to_whom(db: Db) -> None:
    hearing, organisation, subject = new_id(), new_id(), new_id()
    (event_id,) = await db.write(
        tell, CLERK, hearing_id=hearing, organisation_id=organisation, subject_id=subject
    )
    await db.sealed(0, 5)
    (event,) = await db.read(feed.after, CTX, 0)
    assert (event.id, event.actor_kind, event.actor_id) == (event_id, "user", CLERK.actor.id)
    assert (event.hearing_id, event.organisation_id, event.subject_id) == (hearing, organisation, subject)


async def test_the_feed_is_asked_for_a_part(db: Db) -> None:
    hearing = new_id()
    await db.write(tell, CTX, 3)
    await db.write(tell, CTX, 2, hearing_id=hearing)
    while await db.sealed(4, 5) < 5:
        pass
    seqs = [event.seq for event in await db.read(feed.after, CTX, 1, limit=2)]
    assert seqs == [2, 3]
    assert [event.seq for event in await db.read(feed.after, CTX, 0, hearing_id=hearing)] == [4, 5]
    assert await db.read(feed.after, CTX, 0, kinds=[EventKind.NODE_LOST]) == []
    assert await db.read(feed.end, CTX) == 5


async def test_what_json_cannot_keep_is_refused_where_it_is_said(db: Db) -> None:
    def tell_a_set(session, ctx):
        events.record(session, ctx, EventKind.REPORT_READ, data={"numbers": {1}})

    with pytest.raises(TypeError):
        await db.write(tell_a_set, CTX)


async def test_personal_text_needs_a_subject(db: Db) -> None:
    with pytest.raises(ValueError, match="subject"):
        await db.write(tell, CTX, personal={"reason": "Unwell"})


async def test_erasing_a_subject_leaves_the_chain_whole(db: Db) -> None:
    subject, other = new_id(), new_id()
    (told,) = await db.write(tell, CTX, subject_id=subject, personal={"reason": "Unwell", "place": "Ward 9"})
    (of_other,) = await db.write(tell, CTX, subject_id=other, personal={"reason": "Late"})
    assert await db.read(details, CTX, told) == {"reason": "Unwell", "place": "Ward 9"}
    await db.write(audit.erase, CTX, subject)
    assert await db.read(details, CTX, told) == {}
    assert await db.read(details, CTX, of_other) == {"reason": "Late"}
    while await db.sealed(2, 5) < 3:
        pass
    verdict = await db.read(verify, CTX)
    assert (verdict.entries, verdict.finding) == (3, None)


TAMPERINGS = {
    "a changed fact": ("UPDATE event SET data = '{\"number\": 7}' WHERE id = '{id}'", "changed"),
    "a changed time": ("UPDATE event SET at = '2026-01-01 00:00:00.000000' WHERE id = '{id}'", "changed"),
    "an unknown kind": ("UPDATE event SET kind = 'nobody.knows' WHERE id = '{id}'", "changed"),
    "a changed actor": ("UPDATE event SET actor_kind = 'user' WHERE id = '{id}'", "changed"),
    "a changed seal": ("UPDATE event_seal SET hash = 'x' WHERE seq = 3", "changed"),
    "a removed seal": ("DELETE FROM event_seal WHERE seq = 3", "missing"),
}


@pytest.mark.parametrize(("statement", "fault"), TAMPERINGS.values(), ids=TAMPERINGS)
async def test_the_first_entry_tampered_with_is_named(
    db: Db, database_url: str, statement: str, fault: str
) -> None:
    await told(db, 5)
    third = (await db.read(feed.after, CTX, 2, limit=1))[0].id
    sound = await db.read(verify, CTX)
    assert (sound.entries, sound.finding) == (5, None)
    tamper(database_url, statement.replace("{id}", third.hex if db.dialect == "sqlite" else str(third)))
    verdict = await db.read(verify, CTX)
    assert verdict.entries == 2
    assert verdict.finding
    assert verdict.finding.seq == 3
    assert fault in verdict.finding.fault


async def test_personal_text_tampered_with_is_named(db: Db, database_url: str) -> None:
    await db.write(tell, CTX, subject_id=new_id(), personal={"reason": "Unwell"})
    await db.sealed(0, 5)
    tamper(database_url, "UPDATE event_detail SET text = 'Well'")
    finding = (await db.read(verify, CTX)).finding
    assert finding
    assert (finding.seq, finding.fault) == (1, "the personal text 'reason' has been changed")


async def test_an_event_slipped_in_beside_the_chain_is_named(db: Db, database_url: str) -> None:
    await told(db, 2)
    tamper(
        database_url,
        "INSERT INTO event SELECT '00000000000070008000000000000001', kind, at, actor_kind, actor_id,"
        " organisation_id, hearing_id, subject_id, request_id, data FROM event LIMIT 1"
        if db.dialect == "sqlite"
        else "INSERT INTO event SELECT gen_random_uuid(), kind, at, actor_kind, actor_id,"
        " organisation_id, hearing_id, subject_id, request_id, data FROM event LIMIT 1",
    )
    finding = (await db.read(verify, CTX)).finding
    assert finding
    assert "no chain" in finding.fault


async def test_a_chain_cut_short_or_rewritten_differs_from_its_checkpoints(
    db: Db, database_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "checkpoints"
    await told(db, 4)
    point = await db.read(newest_checkpoint, CTX)
    assert point
    assert point.seq == 4
    checkpoints.append(file, SECRET, point)
    assert (await verify_audit(db, file, SECRET)).finding is None

    tamper(database_url, "DELETE FROM event_seal WHERE seq = 4")
    cut = (await verify_audit(db, file, SECRET)).finding
    assert cut
    assert (cut.seq, "checkpoint" in cut.fault) == (4, True)


async def test_a_checkpoint_that_disagrees_with_the_chain_names_the_entry(db: Db) -> None:
    await told(db, 4)
    point = await db.read(newest_checkpoint, CTX)
    assert point
    finding = (await db.read(verify, CTX, [replace(point, hash="0" * 64)])).finding
    assert finding
    assert (finding.seq, "checkpoint" in finding.fault) == (4, True)


@pytest.mark.parametrize(
    "forged", [b"nonsense\n", b'{"seq":1,"hash":"x","at":"","signature":"x"}\n', b"[]\n"]
)
async def test_a_forged_checkpoint_is_named_by_its_line(sqlite_db: Db, tmp_path: Path, forged: bytes) -> None:
    file = tmp_path / "checkpoints"
    await told(sqlite_db, 1)
    point = await sqlite_db.read(newest_checkpoint, CTX)
    assert point
    checkpoints.append(file, SECRET, point)
    file.write_bytes(file.read_bytes() + forged)
    finding = (await verify_audit(sqlite_db, file, SECRET)).finding
    assert finding
    assert finding.fault.startswith("line 2 ")


async def test_checkpoints_of_another_server_are_not_believed(sqlite_db: Db, tmp_path: Path) -> None:
    file = tmp_path / "checkpoints"
    await told(sqlite_db, 1)
    point = await sqlite_db.read(newest_checkpoint, CTX)
    assert point
    checkpoints.append(file, "another secret", point)
    assert (await verify_audit(sqlite_db, file, SECRET)).finding


async def test_checkpoints_are_kept_while_the_service_runs(sqlite_db: Db, tmp_path: Path) -> None:
    file = tmp_path / "checkpoints"
    await told(sqlite_db, 3)
    keeping = asyncio.create_task(keep_checkpoints(sqlite_db, file, SECRET))
    async with asyncio.timeout(60):
        while not file.exists() or not file.read_bytes().endswith(b"\n"):  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.01)
    keeping.cancel()
    assert [point.seq for point in checkpoints.read(file, SECRET)] == [3]
