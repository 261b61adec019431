"""Figures of live rooms for Prometheus, read when they are asked for."""

from __future__ import annotations

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from court_link.media.rooms import Rooms
from court_link.media.sequence import Word


class MediaFigures(Collector):
    """What became of the media servers' events, and how many rooms could not be put to theirs."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def collect(self) -> list[Metric]:
        events = CounterMetricFamily(
            "court_link_media_events", "Events of rooms by what they were", labels=["word"]
        )
        for word in Word:
            events.add_metric([word.value.replace(" ", "_")], self._rooms.words[word])
        away = GaugeMetricFamily(
            "court_link_rooms_away", "Rooms whose media server does not answer", self._rooms.away_now
        )
        return [events, away]
