"""Every table, one file a subject. Rows stay inside `store` and the use cases; callers get frozen values.

Personal data: `user.name`, `user.email`, a person's `resource.name`, `hearing.title`, `party.name`,
`link.label`, `event_detail.text`, `problem`'s detail, `exhibit.title` and its
content, `recording.ordered_by` and its files. Everything else is ids, codes and times.
"""

from court_link.store.tables.bookings import Booking, CapacityBucket, Idempotency, Reservation, Waiting
from court_link.store.tables.events import (
    Delivery,
    DeliveryCursor,
    EventDetail,
    EventRow,
    EventSeal,
    SubjectSalt,
    UnsealedEvent,
)
from court_link.store.tables.hearings import (
    Case,
    DirectionRow,
    Hearing,
    HearingOrganisation,
    Party,
    Problem,
    TrackingReference,
)
from court_link.store.tables.identity import ApiToken, Invitation, LoginSession, Organisation, User, UserScope
from court_link.store.tables.imports import ImportRow, ImportRun
from court_link.store.tables.live import (
    Consultation,
    Exhibit,
    JoinSession,
    Link,
    LinkMedia,
    LiveRoom,
    Node,
    Recording,
    Screen,
    Tie,
)
from court_link.store.tables.places import (
    CalendarFeed,
    Closure,
    Duty,
    Holiday,
    OpeningHours,
    Person,
    Practice,
    Resource,
    Shift,
    Site,
    SittingSession,
)
from court_link.store.tables.work import DueJob, Setting

__all__ = [
    "ApiToken",
    "Booking",
    "CalendarFeed",
    "CapacityBucket",
    "Case",
    "Closure",
    "Consultation",
    "Delivery",
    "DeliveryCursor",
    "DirectionRow",
    "DueJob",
    "Duty",
    "EventDetail",
    "EventRow",
    "EventSeal",
    "Exhibit",
    "Hearing",
    "HearingOrganisation",
    "Holiday",
    "Idempotency",
    "ImportRow",
    "ImportRun",
    "Invitation",
    "JoinSession",
    "Link",
    "LinkMedia",
    "LiveRoom",
    "LoginSession",
    "Node",
    "OpeningHours",
    "Organisation",
    "Party",
    "Person",
    "Practice",
    "Problem",
    "Recording",
    "Reservation",
    "Resource",
    "Screen",
    "Setting",
    "Shift",
    "Site",
    "SittingSession",
    "SubjectSalt",
    "Tie",
    "TrackingReference",
    "UnsealedEvent",
    "User",
    "UserScope",
    "Waiting",
]
