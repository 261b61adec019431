"""Court lists, and the register of places: read, checked, compared, applied."""
