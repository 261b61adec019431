"""Where the files that travel beside the code are found.

A checkout keeps them at its top level; the wheel packs them inside the package (`sources` in pyproject.toml).
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _beside(name: str) -> Path:
    packed = _PACKAGE / f"_{name}"
    return packed if packed.is_dir() else _PACKAGE.parent / name


WEB = _beside("web")
"""Directory of `templates/` and `static/`."""

MIGRATIONS = _beside("migrations")
"""Directory of Alembic's `env.py` and `versions/`."""
