"""PDF: one file a kind of part; they run inside the confined child only."""
