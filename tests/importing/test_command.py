"""`court-link import`, in a process of its own: its answers, its end half-way, its memory."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.importing import made
from tests.importing.made import case, hearing, of_one_room
from tests.importing.other_lists import adult, adult_case

COUNTS = ("created", "updated", "unchanged", "no_longer_listed")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "court-link.sqlite3"


def begun(store: Path, file: Path, *options: str) -> subprocess.Popen[str]:
    """`court-link import` on a store, with no secret in its environment."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COURT_LINK_")}
    where = {"COURT_LINK_DATABASE_URL": f"sqlite:///{store}", "COURT_LINK_DATA_DIR": str(store.parent)}
    return subprocess.Popen(
        [sys.executable, "-m", "court_link", "import", str(file), *options],
        env=plain | where,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def imported(store: Path, file: Path, *options: str) -> tuple[int, dict]:
    """The exit status and the JSON report."""
    process = begun(store, file, "--json", *options)
    out, err = process.communicate(timeout=120)
    assert out, err
    return process.returncode, json.loads(out)


def kept(store: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(store, timeout=10)) as connection:
        return connection.execute(query).fetchall()


def test_a_dry_run_tells_and_makes_nothing(store):
    status, report = imported(store, made.STANDARD, "--dry-run")
    assert status == 0
    assert [report[name] for name in COUNTS] == [5, 0, 0, 0]
    assert not store.exists()


def test_the_report_has_its_names_and_an_import_is_the_same_twice(store):
    status, report = imported(store, made.STANDARD)
    assert (status, [report[name] for name in COUNTS]) == (0, [5, 0, 0, 0])
    assert list(report) == [
        *("format", "court_houses", "court_rooms", "sittings", "hearings", "video_hearings", "cases"),
        *COUNTS,
        *("warnings", "errors"),
    ]
    for options in (["--dry-run"], []):
        status, report = imported(store, made.STANDARD, *options)
        assert (status, [report[name] for name in COUNTS]) == (0, [0, 0, 5, 0])


def test_a_refused_file_exits_2_and_makes_nothing(store):
    status, report = imported(store, made.INVALID)
    assert status == 2
    assert len(report["errors"]) == 5
    assert set(report["errors"][0]) == {"path", "message"}
    assert not store.exists()


def test_an_adult_court_list_goes_in_on_the_day_that_is_told(store, tmp_path):
    file = tmp_path / "adult.json"
    file.write_bytes(made.published(adult(("10:00", [adult_case()]))))
    status, report = imported(store, file, "--day", "2026-11-25")
    assert (status, report["format"], report["created"]) == (0, "magistrates_adult_court_list", 1)
    assert kept(store, "select listed_day from hearing") == [("2026-11-25",)]


def test_a_person_reads_what_is_wrong(store):
    out, _ = begun(store, made.INVALID).communicate(timeout=60)
    assert "Refused. Nothing was imported." in out
    assert "$.courtLists[1].courtHouse" in out


def test_an_import_that_is_killed_goes_on_and_never_shows_half_a_matter(store, tmp_path):
    file = tmp_path / "long.json"
    file.write_bytes(of_one_room([hearing(case(f"41HA{number:05d}26")) for number in range(1500)]))
    killed = begun(store, file)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if store.exists() and _applied(store) >= 200:
            break
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=10)
    [(state, applied, report)] = kept(store, "SELECT state, applied, report FROM import_run")
    assert state == "applying"
    assert 200 <= applied < 1500
    assert kept(store, "SELECT count(*) FROM hearing") == [(applied,)]
    assert json.loads(report)["created"] == applied
    for part in ("hearing_case", "party", "hearing_organisation"):
        assert kept(store, f"SELECT count(*) FROM {part}") == [(applied,)]
    status, report = imported(store, file)
    assert (status, [report[name] for name in COUNTS]) == (0, [1500, 0, 0, 0])
    assert kept(store, "SELECT count(*) FROM hearing") == [(1500,)]
    assert kept(store, "SELECT count(*) FROM import_row") == [(0,)]
    assert kept(store, "SELECT count(*) FROM import_run") == [(1,)]


def _applied(store: Path) -> int:
    try:
        return int(kept(store, "SELECT coalesce(max(applied), 0) FROM import_run")[0][0])
    except sqlite3.OperationalError:  # its tables are still being made
        return 0


def test_ten_thousand_hearings_are_read_in_bounded_memory(tmp_path):
    """Reading a file of 39 MB takes about 30 MB over what the process has; the bound leaves room."""
    file = tmp_path / "long.json"
    with file.open("wb") as out:
        made.write_long(out, 10_000)
    size = file.stat().st_size / 1024 / 1024
    script = (
        "import resource, sys\n"
        "from court_link.importing import reading\n"
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = most()\n"
        "with open(sys.argv[1], 'rb') as source: found = reading.read(source)\n"
        "print(found.hearings, len(found.faults), most() - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, timeout=120, check=True
    )
    hearings, faults, kilobytes = map(int, ran.stdout.split())
    assert (hearings, faults) == (10_000, 0)
    assert size > 35
    assert kilobytes / 1024 < 64, f"reading {size:.0f} MB took {kilobytes / 1024:.0f} MB"
