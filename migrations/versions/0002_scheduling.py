"""What a hearing needs, the calendars of places and people, the wait list, private calendar addresses."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_scheduling"
down_revision = "0001_initial"

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False, server_default="")


def whole(name: str, default: int = 0) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=str(default))


def documents(name: str) -> sa.Column[Any]:
    return sa.Column(name, DOCUMENT, nullable=False, server_default="[]")


# Added without batch mode, which would rebuild the tables and drop their triggers.
ADDED: dict[str, Callable[[], list[sa.Column[Any]]]] = {
    "hearing": lambda: [
        sa.Column("in_custody", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("detained", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("remand_expires", sa.Date(), nullable=True),
        sa.Column("custody_limit", sa.Date(), nullable=True),
        documents("same_bench"),
        text("recording_power"),
        text("recording_ordered_by"),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        whole("group_day"),
    ],
    "direction": lambda: [text("scope")],
    "resource": lambda: [documents("restricted_to")],
    "person": lambda: [documents("languages"), sa.Column("station_id", sa.Uuid(), nullable=True)],
    "session": lambda: [
        whole("minutes"),
        text("source"),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("against_rota", sa.Boolean(), nullable=False, server_default=sa.false()),
    ],
    "shift": lambda: [
        whole("away"),
        sa.Column("pool", sa.Text(), nullable=False, server_default="custody_staff"),
        whole("version", 1),
    ],
}
INDEXES: tuple[tuple[str, str, list[str], bool], ...] = (
    ("ix_hearing_group_id", "hearing", ["group_id"], False),
    ("ix_person_station_id", "person", ["station_id"], False),
    ("uq_session_source_key", "session", ["source_key"], True),
)


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns():
            op.add_column(table, column)
    for name, table, on, unique in INDEXES:
        op.create_index(name, table, on, unique=unique)
    op.create_table(
        "closure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        moment("starts_at"),
        moment("ends_at"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_closure_site_id"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_closure_resource_id"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("closure_site_start", "closure", ["site_id", "starts_at"])
    op.create_table(
        "duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        moment("starts_at"),
        moment("ends_at"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_duty_person_id"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("duty_person_start", "duty", ["person_id", "starts_at"])
    op.create_table(
        "practice",
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("hearing_type", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("consultation", sa.Integer(), nullable=True),
        sa.Column("afterwards", sa.Integer(), nullable=True),
        sa.Column("turnaround", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["organisation.id"], name="fk_practice_court_id"),
        sa.PrimaryKeyConstraint("court_id", "hearing_type"),
    )
    op.create_table(
        "waitlist",
        sa.Column("hearing_id", sa.Uuid(), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("needs", DOCUMENT, nullable=False),
        sa.Column("courtrooms", DOCUMENT, nullable=False),
        sa.Column("earliest", sa.Date(), nullable=False),
        sa.Column("latest", sa.Date(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("offered_booking_id", sa.Uuid(), nullable=True),
        sa.Column("declined", DOCUMENT, nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        moment("added_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hearing_id"], ["hearing.id"], name="fk_waitlist_hearing_id"),
        sa.ForeignKeyConstraint(["court_id"], ["organisation.id"], name="fk_waitlist_court_id"),
        sa.PrimaryKeyConstraint("hearing_id"),
    )
    op.create_index("waitlist_court", "waitlist", ["court_id", "earliest"])
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        moment("issued_at"),
        moment("revoked_at", nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["account.id"], name="fk_calendar_feed_user_id"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest", name="uq_calendar_feed_digest"),
    )
    op.create_index("ix_calendar_feed_user_id", "calendar_feed", ["user_id"])


def downgrade() -> None:
    for table in ("calendar_feed", "waitlist", "practice", "duty", "closure"):
        op.drop_table(table)
    for name, table, _, _ in INDEXES:
        op.drop_index(name, table)
    for table, columns in ADDED.items():
        for column in columns():
            op.drop_column(table, column.name)
