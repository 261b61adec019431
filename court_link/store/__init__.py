"""The store: tables, named queries, the two verbs. Only this package and the migrations know SQL."""

from sqlmodel import Session

from court_link.store.db import Db

__all__ = ["Db", "Session"]
