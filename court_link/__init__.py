"""Court Link: video hearings for courts, police and custody."""
