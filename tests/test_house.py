"""The house itself: the wheel, the locks, the direction of imports, and that CI cannot skip."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from court_link import paths
from court_link.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
LOCKS = ["requirements.lock", "requirements-dev.lock"]


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=cwd,
        env={key: value for key, value in os.environ.items() if key != "CI"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def copied(target: Path, *names: str) -> Path:
    for name in names:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    return target


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = copied(
        tmp_path_factory.mktemp("tree"),
        *["LICENSE", "README.md", "pyproject.toml", "court_link", "migrations", "web"],
    )
    built = run(
        *[sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation", "."],
        *["--wheel-dir", "dist"],
        cwd=tree,
    )
    assert built.returncode == 0, built.stderr
    return next((tree / "dist").glob("*.whl"))


def files_under(root: Path) -> set[str]:
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_carries_every_template_static_file_and_migration(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        *(f"court_link/_web/templates/{name}" for name in files_under(ROOT / "web" / "templates")),
        *(f"court_link/_web/static/{name}" for name in files_under(ROOT / "web" / "static")),
        *(f"court_link/_migrations/{name}" for name in files_under(ROOT / "migrations")),
    }
    assert wanted
    assert wanted - packed == set()


def test_the_wheel_carries_no_tests_and_no_development_files(wheel: Path) -> None:
    top = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"court_link"}


def test_an_installed_wheel_finds_its_own_files(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    found = run(
        *[sys.executable, "-c", "from court_link import paths; print(paths.WEB); print(paths.MIGRATIONS)"],
        cwd=tmp_path,
        PYTHONPATH=str(tmp_path),
    )
    assert found.stdout.split() == [f"{tmp_path}/court_link/_web", f"{tmp_path}/court_link/_migrations"]


def test_a_checkout_finds_its_own_files() -> None:
    assert paths.WEB == ROOT / "web"
    assert paths.MIGRATIONS == ROOT / "migrations"


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert len(entries) > 50
    assert [entry for entry in entries if not re.match(r"[a-z0-9.-]+==[\w.]+ .*\\\n", entry)] == []
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "--" not in text.replace("--hash=", "")


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=; ]", requirement)[0]


def test_the_tests_run_on_exactly_the_versions_that_production_runs() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = pyproject["project"]["dependencies"] + pyproject["dependency-groups"]["build"]
    development = pyproject["dependency-groups"]["dev"]
    assert {name_of(line) for line in runtime} - pins("requirements.lock").keys() == set()
    assert {name_of(line) for line in development} - pins("requirements-dev.lock").keys() == set()


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("domain/trespass.py", "import court_link.store", "Imports point one way"),
        ("store/trespass.py", "import court_link.api.headers", "Imports point one way"),
        ("media/trespass.py", "import court_link.scheduling", "Imports point one way"),
        ("scheduling/trespass.py", "import court_link.media", "Imports point one way"),
        ("domain/trespass.py", "import fastapi", "The domain is pure"),
        ("media/trespass.py", "import sqlalchemy", "Only the store knows SQL"),
        ("media/trespass.py", "import aiortc", "Only the embedded engine knows aiortc"),
        ("scheduling/trespass.py", "import apscheduler", "Only the scheduler knows APScheduler"),
    ],
)
def test_an_import_against_the_design_is_refused(
    module: str, line: str, contract: str, tmp_path: Path
) -> None:
    tree = copied(tmp_path, "pyproject.toml", "court_link")
    for package in ("api", "media", "scheduling"):
        (tree / "court_link" / package / "__init__.py").touch()
    (tree / "court_link" / module).write_text(f"{line}\n")
    answer = run(BIN / "lint-imports", "--no-cache", cwd=tree, PYTHONPATH=str(tree), COLUMNS="200")
    assert answer.returncode != 0
    assert f"{contract} BROKEN" in answer.stdout


def test_no_module_hides_from_the_contracts() -> None:
    folders = {path.parent for path in (ROOT / "court_link").rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


SKIPS = {
    "a mark": "@pytest.mark.skip(reason='no browser')\ndef test_it(): pass",
    "a call": "def test_it(): pytest.skip('no browser')",
    "a fixture": "@pytest.fixture\ndef browser(): pytest.skip('no browser')\ndef test_it(browser): pass",
    "a whole module": "pytest.skip('no browser', allow_module_level=True)",
    "a missing package": "pytest.importorskip('no_such_package')",
}


@pytest.mark.parametrize("skip", SKIPS.values(), ids=SKIPS.keys())
def test_a_skip_fails_in_ci_and_only_there(skip: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(f"import pytest\n{skip}\n\ndef test_other(): pass\n")
    here = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    at_home = run(*here, cwd=ROOT)
    in_ci = run(*here, cwd=ROOT, CI="true")
    assert "1 skipped" in at_home.stdout
    assert at_home.returncode in (0, 5)
    assert in_ci.returncode in (1, 2)
    assert "Skipped, which CI does not allow" in in_ci.stdout
    assert "skipped" not in in_ci.stdout.splitlines()[-1]


COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service.get("build")}


def test_compose_sets_only_settings_that_exist() -> None:
    fields = {f"court_link_{name}" for name in Settings.model_fields}
    for service in OURS.values():
        named = {name.lower() for name in service["environment"] if name.startswith("COURT_LINK_")}
        assert named | set(service["secrets"]) <= fields


def test_compose_has_no_default_for_what_a_deployment_must_choose() -> None:
    asked = re.findall(r"\$\{\w+([^}]*)\}", (ROOT / "compose.yaml").read_text())
    assert asked
    assert [rest for rest in asked if not rest.startswith(":?")] == []
    assert {secret["file"].rpartition("/")[0] for secret in COMPOSE["secrets"].values()} == {"deploy/secrets"}


def test_compose_runs_court_link_without_rights_it_does_not_need() -> None:
    assert OURS.keys() == {"migrate", "api", "media"}
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]


def test_restarting_the_api_leaves_the_media_worker_alone() -> None:
    assert "depends_on" not in OURS["media"]
    assert "network_mode" not in OURS["media"]


def test_make_secrets_makes_what_compose_mounts_and_never_changes_it(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    tree = copied(tmp_path, "deploy/make-secrets")
    wanted = {secret["file"] for secret in COMPOSE["secrets"].values()}
    made = []
    for _ in range(2):
        assert run(tree / "deploy" / "make-secrets", cwd=tree).returncode == 0
        made.append({name: (tree / name).read_text() for name in wanted})
    assert made[0] == made[1]
    assert len({made[0][f"deploy/secrets/{name}"] for name in ("secret_key", "media_control_key")}) == 2
    assert len(made[0]["deploy/secrets/secret_key"]) == 64


def test_the_image_is_built_from_locked_files_and_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text()
    assert "pip install --no-cache-dir --require-hashes -r requirements.lock" in lines
    assert re.findall(r"^USER (.*)$", lines, re.MULTILINE) == ["court-link"]
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    copied_in = {
        name for line in re.findall(r"^COPY (?!--)(.*)$", lines, re.MULTILINE) for name in line.split()[:-1]
    }
    assert copied_in == let_in
    assert {name for name in copied_in if not (ROOT / name).exists()} == set()
