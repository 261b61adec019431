"""What the service did and what it saved, from the recorded facts."""
