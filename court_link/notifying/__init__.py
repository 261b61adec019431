"""Telling people: calendars, so far."""
