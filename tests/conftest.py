"""Rules for every test: seeds are printed and can be given again, and CI runs all or fails.

Tests run in two processes, a file at a time. What keeps the machine busy by itself (browsers, several servers
at once) runs one after another in one of them, so that nothing with a deadline meets two such tests.
"""

import os
import random
from collections.abc import Generator

import hypothesis
import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["tests.stores"]

SEED = int(os.environ.get("COURT_LINK_TEST_SEED") or random.SystemRandom().randrange(2**32))
os.environ["COURT_LINK_TEST_SEED"] = str(SEED)  # the test processes have the seed that is printed

#: Folders and files whose tests keep the machine busy.
BUSY = (
    "tests/journeys/",
    "tests/promises/",
    "tests/media/test_meeting.py",
    "tests/media/test_turn.py",
    "tests/media/test_whip.py",
    "tests/media/embedded/test_browsers.py",
    "tests/media/embedded/test_supervisor.py",
    "tests/web/test_in_browser.py",
    "tests/demo/test_running.py",
)

hypothesis.settings.register_profile("court-link", deadline=None, print_blob=True)
hypothesis.settings.load_profile("court-link")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = str(SEED)


class _TogetherAsFiles(LoadScopeScheduling):  # type: ignore[misc]
    """Gives a process a file at a time, and everything busy to one of them."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "busy" if file.startswith(BUSY) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _TogetherAsFiles:
    return _TogetherAsFiles(config, log)


def pytest_report_header() -> str:
    return f"seed: COURT_LINK_TEST_SEED={SEED}"


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers of this test alone, the same whenever the printed seed is given again."""
    return random.Random(f"{SEED} {request.node.nodeid}")


def _ran_or_failed(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure in CI: a missing browser or database there is a broken build."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not allow: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _ran_or_failed(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _ran_or_failed(report)
    return report
