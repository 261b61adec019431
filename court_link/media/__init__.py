"""Live rooms: who is let in, and what carries their sound and picture."""
