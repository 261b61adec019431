"""All settings, read once from the environment (`COURT_LINK_...`) and frozen."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_WEAK = {"secret", "changeme", "password", "court-link", "courtlink", "default"}


class StoreSettings(BaseSettings):
    """What a command needs that only touches the store: no secret among it."""

    model_config = SettingsConfigDict(
        env_prefix="COURT_LINK_",
        frozen=True,
        extra="ignore",
        # Where container engines mount secret files: court_link_secret_key and so on.
        secrets_dir="/run/secrets" if Path("/run/secrets").is_dir() else None,
    )

    database_url: str = "sqlite:///.run/court-link.sqlite3"
    data_dir: Path = Path(".run")

    @cached_property
    def checkpoints(self) -> Path:
        """Where the audit's signed marks are kept, outside the database."""
        return self.data_dir / "audit-checkpoints.jsonl"


class AuditSettings(StoreSettings):
    """What checking the audit needs: without the key the chain is checked, its signed marks are not."""

    secret_key: SecretStr = SecretStr("")


class Settings(StoreSettings):
    """One frozen settings object. It refuses weak secrets everywhere but in the demo."""

    mode: Literal["production", "demo", "test"] = "production"
    secret_key: SecretStr = SecretStr("")
    host: str = "127.0.0.1"
    port: int = 8000
    #: The address people type, scheme and all. Origin checks and printed links use it.
    public_url: str = "http://127.0.0.1:8000"
    #: Further exact origins that pages may come from (the demo's one origin per role).
    extra_origins: tuple[str, ...] = ()
    #: Addresses of proxies whose X-Forwarded-* headers are believed.
    trusted_proxies: tuple[str, ...] = ()
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    #: Minutes without a request after which a person is signed out, and the longest a sign-in lasts.
    session_idle_minutes: int = Field(30, ge=5, le=240)
    session_hours: int = Field(12, ge=1, le=24)
    lockout_failures: int = Field(5, ge=3, le=20)
    lockout_minutes: int = Field(15, ge=1, le=240)

    #: Seconds a hold lasts.
    hold_seconds: int = Field(600, ge=5, le=3600)
    #: Minutes that a time from the wait list is kept for whom it is offered to.
    waitlist_offer_minutes: int = Field(30, ge=5, le=24 * 60)
    #: Writes that may wait before a 503 is answered.
    write_queue: int = Field(256, ge=1)

    #: The media worker's local control address and the key both sides share.
    media_control_url: str = "http://127.0.0.1:8010"
    media_control_key: SecretStr = SecretStr("")
    media_udp_host: str = "127.0.0.1"
    media_udp_port: int = 8011
    #: Addresses of the worker that participants can reach, put into every answer.
    media_addresses: tuple[str, ...] = ("127.0.0.1",)
    #: Participants that the media node carries at once.
    media_capacity: int = Field(60, ge=2)
    #: Hearings that are recorded at once.
    recording_capacity: int = Field(10, ge=0)
    media_node: str = "media-1"

    @field_validator("secret_key", "media_control_key")
    @classmethod
    def _not_obvious(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().lower() in _WEAK:
            raise ValueError(
                "choose a random secret: `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`"
            )
        return value

    @model_validator(mode="after")
    def _sound(self) -> Settings:
        if self.mode == "production":
            for name in ("secret_key", "media_control_key"):
                if len(getattr(self, name).get_secret_value()) < 32:
                    raise ValueError(
                        f"COURT_LINK_{name.upper()} must be set to at least 32 random characters"
                    )
        return self

    @cached_property
    def https(self) -> bool:
        return urlsplit(self.public_url).scheme == "https"

    @cached_property
    def origins(self) -> frozenset[str]:
        """The exact origins that forms, fetches and WebSockets may come from."""
        return frozenset({_origin(self.public_url), *map(_origin, self.extra_origins)})

    @cached_property
    def postgresql(self) -> bool:
        return self.database_url.startswith("postgresql")


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
