"""All settings, read once from the environment (`COURT_LINK_...`) and frozen."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_WEAK = {"secret", "changeme", "password", "court-link", "courtlink", "default"}
#: The address of a TURN server as browsers take it (RFC 7065, 3.1).
_TURN_URL = re.compile(
    r"turns?:(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?(?:\?transport=(?:udp|tcp))?"
)


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
    #: Seconds from the warning until a consultation that the court recalls ends.
    recall_seconds: int = Field(120, ge=0, le=900)
    #: Writes that may wait before a 503 is answered.
    write_queue: int = Field(256, ge=1)

    #: Where this machine's first media worker is controlled, and the key that both sides share. Its further
    #: workers take the ports that follow.
    media_control_url: str = "http://127.0.0.1:8010"
    media_control_key: SecretStr = SecretStr("")
    #: The control addresses of every worker of every machine, when there are more than this machine's.
    media_control_urls: tuple[str, ...] = ()
    #: Workers on this machine, each a process with one core; 0 is one for each core.
    media_workers: int = Field(1, ge=0, le=64)
    #: The interface that workers listen on for sound and picture (`::` takes IPv4 and IPv6), and the UDP port
    #: of the first; the others take those that follow. 0 takes any free one.
    media_udp_host: str = "127.0.0.1"
    media_udp_port: int = Field(8011, ge=0, le=65535)
    #: Addresses at which participants reach the workers, IPv4 or IPv6, put into every answer in this order.
    media_addresses: tuple[str, ...] = ("127.0.0.1",)
    #: Participants that one worker carries at once.
    media_capacity: int = Field(60, ge=2)
    #: Hearings that are recorded at once.
    recording_capacity: int = Field(10, ge=0)
    #: Where workers write recordings; by default a folder of the data directory.
    recording_dir: Path | None = None
    #: Days that a recording is kept after it was made, unless the court holds it.
    recording_days: int = Field(180, ge=1)
    #: What this machine's workers are called, each with a dash and its number; no two machines alike.
    media_node: str = Field("media", pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,38}[A-Za-z0-9])?$")

    #: TURN servers for those who cannot reach a worker directly, and the secret that they share with us
    #: (`static-auth-secret` of coturn).
    turn_urls: tuple[str, ...] = ()
    turn_secret: SecretStr = SecretStr("")

    @field_validator("turn_urls")
    @classmethod
    def _turn_servers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            found = _TURN_URL.fullmatch(url)
            if found is None or int(found["port"] or 0) > 65535:
                raise ValueError(f"{url} is no TURN server's address, such as turn:media.example:3478")
        return value

    @field_validator("secret_key", "media_control_key", "turn_secret")
    @classmethod
    def _not_obvious(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value().lower() in _WEAK:
            raise ValueError(
                "choose a random secret: `python3 -c 'import secrets; print(secrets.token_urlsafe(32))'`"
            )
        return value

    @model_validator(mode="after")
    def _sound(self) -> Settings:
        if self.turn_urls and not self.turn_secret.get_secret_value():
            raise ValueError("COURT_LINK_TURN_URLS needs COURT_LINK_TURN_SECRET, which the relays share")
        if self.mode == "production":
            for name in ("secret_key", "media_control_key", *(["turn_secret"] if self.turn_urls else [])):
                if len(getattr(self, name).get_secret_value()) < 32:
                    raise ValueError(
                        f"COURT_LINK_{name.upper()} must be set to at least 32 random characters"
                    )
        return self

    @cached_property
    def own_workers(self) -> int:
        """How many media workers this machine runs."""
        return self.media_workers or os.cpu_count() or 1

    @cached_property
    def media_controls(self) -> tuple[str, ...]:
        """The control address of every media worker that the service uses."""
        if self.media_control_urls:
            return self.media_control_urls
        return tuple(_port_after(self.media_control_url, number) for number in range(self.own_workers))

    @cached_property
    def media_places(self) -> int:
        """Participants that all workers together carry at once."""
        return self.media_capacity * len(self.media_controls)

    @cached_property
    def recordings(self) -> Path:
        return self.recording_dir or self.data_dir / "recordings"

    @cached_property
    def recording_keep(self) -> timedelta:
        return timedelta(days=self.recording_days)

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


def _port_after(url: str, number: int) -> str:
    """The address with a port so many higher."""
    parts = urlsplit(url)
    if not number or parts.port is None:
        return url
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port + number}"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
