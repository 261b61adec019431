"""The rules, as values in and values or errors out. No clock, no network, no database."""
