"""Whether any resource is reserved twice at once: by a window over every row, with no help from indexes."""

from sqlalchemy import Connection, text

_OVERLAPS = text(
    "SELECT count(*) FROM (SELECT starts_at, max(ends_at) OVER (PARTITION BY resource_id"
    " ORDER BY starts_at, ends_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_until"
    " FROM reservation) AS each_one WHERE taken_until > starts_at"
)


def overlaps(connection: Connection) -> int:
    """How many reservations begin before an earlier one of the same resource has ended."""
    return int(connection.execute(_OVERLAPS).scalar_one())
