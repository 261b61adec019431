"""Who signs in, how, and what they may see: accounts, sessions, invitations, machines' tokens."""
