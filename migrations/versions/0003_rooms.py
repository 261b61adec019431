"""Rooms that keep people apart: consultations, ties, screens, grants, exhibits, recordings, measures."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_rooms"
down_revision = "0002_scheduling"

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False, server_default="")


def whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def identity(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def of(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}")


# Added without batch mode, which would rebuild the tables and drop their triggers.
ADDED: dict[str, Callable[[], list[sa.Column[Any]]]] = {
    "link": lambda: [
        sa.Column("back_to", sa.String(), nullable=False, server_default="lobby"),
        whole("moves"),
        whole("settled"),
        moment("moved_at", nullable=True),
        moment("called_at", nullable=True),
        moment("released_at", nullable=True),
        sa.Column("grants", DOCUMENT, nullable=True),
        identity("whisper_to", nullable=True),
    ],
    "join_session": lambda: [identity("page", nullable=True)],
    "node": lambda: [text("url")],
    "hearing": lambda: [sa.Column("measures", DOCUMENT, nullable=False, server_default="[]")],
}

#: Indexes of the few rows that each second's work looks for: their table, column and condition.
PARTIAL = {
    "link_moving": ("link", "moved_at", "settled < moves"),
    "consultation_open": ("consultation", "hearing_id", "closed_at IS NULL"),
}


def upgrade() -> None:
    for table, columns in ADDED.items():
        for column in columns():
            op.add_column(table, column)
    op.create_table(
        "tie",
        identity("link_id"),
        identity("for_id"),
        identity("hearing_id"),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        of("tie", "link_id", "link"),
        of("tie", "for_id", "link"),
        of("tie", "hearing_id", "hearing"),
        sa.PrimaryKeyConstraint("link_id", "for_id"),
    )
    op.create_table(
        "consultation",
        identity("id"),
        identity("hearing_id"),
        moment("opened_at"),
        identity("opened_by", nullable=True),
        moment("closes_at", nullable=True),
        identity("recalled_by", nullable=True),
        moment("closed_at", nullable=True),
        of("consultation", "hearing_id", "hearing"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "screen",
        identity("source_id"),
        identity("receiver_id"),
        identity("hearing_id"),
        sa.Column("picture", sa.Boolean(), nullable=False),
        sa.Column("sound", sa.Boolean(), nullable=False),
        sa.Column("ordered_by", sa.String(), nullable=False),
        of("screen", "source_id", "link"),
        of("screen", "receiver_id", "link"),
        of("screen", "hearing_id", "hearing"),
        sa.PrimaryKeyConstraint("source_id", "receiver_id"),
    )
    op.create_table(
        "exhibit",
        identity("id"),
        identity("hearing_id"),
        identity("source_id"),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        moment("permitted_at", nullable=True),
        identity("permitted_by", nullable=True),
        sa.Column("shown_to", DOCUMENT, nullable=False),
        moment("withdrawn_at", nullable=True),
        moment("made_at"),
        sa.Column("version", sa.Integer(), nullable=False),
        of("exhibit", "hearing_id", "hearing"),
        of("exhibit", "source_id", "link"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "recording",
        identity("id"),
        identity("hearing_id"),
        sa.Column("power", sa.String(), nullable=False),
        sa.Column("ordered_by", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        moment("started_at"),
        moment("stopped_at", nullable=True),
        moment("stalled_at", nullable=True),
        text("stalled_why"),
        sa.Column("manifest", DOCUMENT, nullable=True),
        sa.Column("manifest_digest", sa.String(), nullable=False),
        moment("keep_until", nullable=True),
        moment("deleted_at", nullable=True),
        moment("told_at", nullable=True),
        moment("counted_until", nullable=True),
        of("recording", "hearing_id", "hearing"),
        sa.PrimaryKeyConstraint("id"),
    )
    for table in ("tie", "consultation", "screen", "exhibit", "recording"):
        op.create_index(f"ix_{table}_hearing_id", table, ["hearing_id"])
    for name, (table, key, condition) in PARTIAL.items():
        where = sa.text(condition)
        op.create_index(name, table, [key], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, (table, _, _) in PARTIAL.items():
        op.drop_index(name, table)
    for table in ("recording", "exhibit", "screen", "consultation", "tie"):
        op.drop_table(table)
    for table, columns in ADDED.items():
        for column in columns():
            op.drop_column(table, column.name)
