"""Finding, booking and running hearings."""
