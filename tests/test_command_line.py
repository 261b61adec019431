"""The command line, as a process of its own."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest


@pytest.fixture
def court_link(tmp_path):
    """Runs `court-link` on a store of this test's own."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        settings = {
            "COURT_LINK_MODE": "test",
            "COURT_LINK_DATABASE_URL": f"sqlite:///{tmp_path}/court-link.sqlite3",
            "COURT_LINK_DATA_DIR": str(tmp_path),
            "COURT_LINK_SECRET_KEY": "a key of the tests, long enough for any of them",
            **environment,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("COURT_LINK_")}
        return subprocess.run(
            [sys.executable, "-m", "court_link", *arguments],
            env={**inherited, **settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_fresh_installation_is_migrated_bootstrapped_verified_and_copied(court_link, tmp_path):
    first = ("bootstrap", "--organisation", "Example Court", "--email", "first@court.example")
    assert court_link(*first).returncode == 2  # not before the tables are there
    assert court_link("migrate").returncode == 0
    made = court_link(*first)
    assert made.returncode == 0, made.stderr
    assert made.stdout.count("/choose-password#") == 1
    verdict = court_link("verify-audit", "--json")
    assert verdict.returncode == 0, verdict.stderr
    assert json.loads(verdict.stdout)["finding"] is None
    assert json.loads(verdict.stdout)["entries"] >= 2
    copy = tmp_path / "copy.sqlite3"
    assert court_link("backup", str(copy)).returncode == 0
    with closing(sqlite3.connect(copy)) as copied:
        assert copied.execute("SELECT count(*) FROM account").fetchone() == (1,)
    assert court_link("backup", str(copy)).returncode == 2  # never over another file


def test_verify_audit_names_the_entry_that_was_tampered_with(court_link, tmp_path):
    court_link("migrate")
    court_link("bootstrap", "--organisation", "Example Court", "--email", "first@court.example")
    with closing(sqlite3.connect(tmp_path / "court-link.sqlite3")) as store:
        guards = store.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'event'"
        ).fetchall()
        for name, _ in guards:
            store.execute(f'DROP TRIGGER "{name}"')
        store.execute(
            "UPDATE event SET kind = 'user.signed_in' WHERE id ="
            " (SELECT event_id FROM event_seal WHERE seq = (SELECT max(seq) FROM event_seal))"
        )
        for _, sql in guards:
            store.execute(sql)
        newest = store.execute("SELECT max(seq) FROM event_seal").fetchone()[0]
        store.commit()
    verdict = court_link("verify-audit", "--json")
    assert verdict.returncode == 1
    assert json.loads(verdict.stdout)["finding"]["seq"] == newest
    keyless = court_link("verify-audit", "--json", COURT_LINK_MODE="production", COURT_LINK_SECRET_KEY="")
    found = json.loads(keyless.stdout)
    assert (keyless.returncode, found["finding"]["seq"], found["checkpoints"]) == (1, newest, False)


def test_a_wrong_email_address_makes_nobody(court_link):
    court_link("migrate")
    refused = court_link("bootstrap", "--organisation", "Example Court", "--email", "nonsense")
    assert refused.returncode == 2
    assert "email address" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_production_does_not_start_without_strong_secrets(court_link):
    refused = court_link("serve", COURT_LINK_MODE="production", COURT_LINK_SECRET_KEY="")
    assert refused.returncode == 2
    assert "COURT_LINK_SECRET_KEY" in refused.stderr
    weak = court_link("serve", COURT_LINK_MODE="production", COURT_LINK_SECRET_KEY="changeme")
    assert weak.returncode == 2
    assert "changeme" not in weak.stderr


def test_production_does_not_start_on_tables_of_another_version(court_link):
    strong = {"COURT_LINK_SECRET_KEY": "s" * 40, "COURT_LINK_MEDIA_CONTROL_KEY": "m" * 40}
    refused = court_link("serve", "--port", "0", COURT_LINK_MODE="production", **strong)
    assert refused.returncode != 0
    assert "court-link migrate" in refused.stderr
