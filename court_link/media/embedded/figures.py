"""How a session fares: what it carried, how well, and how loud its participant is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from court_link.media.embedded import quality
from court_link.media.engine import DesiredLink, Kind, LinkStatistics, speaks

if TYPE_CHECKING:
    from court_link.media.embedded.link import Link


class Figures:
    """The figures of one session; see `LinkStatistics` for their units."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.bitrate_in = 0.0
        self.bitrate_out = 0.0
        self.score: int | None = None
        self.level = 0
        self._measured = (link.created_at, 0, 0)

    def measure(self, now: float) -> None:
        """Bitrates and the score of the connection since the last call."""
        octets_in, octets_out = self._link.bytes_in, self.bytes_out
        elapsed = max(now - self._measured[0], 0.001)
        self.bitrate_in = (octets_in - self._measured[1]) * 8 / elapsed
        self.bitrate_out = (octets_out - self._measured[2]) * 8 / elapsed
        self._measured = (now, octets_in, octets_out)
        score = quality.score(self.loss, self._link.round_trip or 0.0, self.jitter)
        self.score = quality.smooth(self.score, score)

    @property
    def loss(self) -> float:
        """The worse of both directions."""
        return max(self.loss_in, self.loss_out)

    @property
    def loss_in(self) -> float:
        return max((uplink.loss for uplink in self._link.uplinks.values()), default=0.0)

    @property
    def loss_out(self) -> float:
        return max((line.loss for line in self._link.lines.values() if line.open), default=0.0)

    @property
    def jitter(self) -> float:
        return max((uplink.jitter for uplink in self._link.uplinks.values()), default=0.0)

    @property
    def packets_out(self) -> int:
        return sum(line.packets for line in self._link.lines.values())

    @property
    def bytes_out(self) -> int:
        return sum(line.octets for line in self._link.lines.values())

    @property
    def resent(self) -> int:
        return sum(line.resent for line in self._link.lines.values())

    def loudness(self) -> int:
        """The sound level, 0 to 127, of the last second or so; a pause for breath is not the end."""
        uplink = self._link.uplinks.get(Kind.AUDIO)
        now = uplink.average_loudness() if uplink is not None else 0
        self.level = round(self.level + (now - self.level) * 0.3)
        return self.level

    def statistics(self, desired: DesiredLink) -> LinkStatistics:
        """Everything at once, with the place where the link is now."""
        link = self._link
        return LinkStatistics(
            link.name,
            desired.place,
            link.packets_in,
            link.bytes_in,
            self.packets_out,
            self.bytes_out,
            self.loss_in,
            self.loss_out,
            self.jitter,
            link.round_trip,
            self.bitrate_in,
            self.bitrate_out,
            self.score,
            self.level if speaks(desired) else None,
        )
