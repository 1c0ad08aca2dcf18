"""Questions read as programs over one table: every program that its words may mean is weighed, the likeliest runs."""
