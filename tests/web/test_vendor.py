"""What is vendored is what was built, and carries nothing that belongs to gov.uk alone."""

from hashlib import sha256

from court_link.api.pages.static import STATIC

VENDOR = STATIC / "vendor"


def test_every_vendored_file_is_in_the_checksum_list_and_unchanged() -> None:
    lines = (VENDOR / "checksums.sha256").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    found = {
        str(path.relative_to(VENDOR)): sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "checksums.sha256"
    }
    assert found == listed


def test_no_government_mark_or_font_is_shipped() -> None:
    names = [path.name.lower() for path in STATIC.rglob("*")]
    marks = ("crown", "crest", "logotype", "govuk-icon", "opengraph", ".woff")
    assert [name for name in names if any(mark in name for mark in marks)] == []
    style = (VENDOR / "frontend.css").read_text().lower()
    assert [word for word in ("gds transport", "@font-face", "crown", "crest") if word in style] == []


def test_each_vendored_package_has_its_licence() -> None:
    for package in ("govuk-frontend", "moj-frontend"):
        text = (VENDOR / f"LICENCE-{package}.txt").read_text()
        assert "Permission is hereby granted, free of charge" in text
