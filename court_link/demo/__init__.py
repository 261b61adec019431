"""The demonstration: a Hertfordshire day on which it is always now, and everybody in it is made up."""
