"""Models that learn from judged searches: fusers, re-rankers and projections, kept in versions and promoted."""
