"""The store: tables, named queries, the two verbs. Only this package and the migrations know SQL."""

from sqlmodel import Session

from court_link.store.db import Db
from court_link.store.opening import open_db

__all__ = ["Db", "Session", "open_db"]
