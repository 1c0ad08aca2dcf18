"""Mail of every kind."""
