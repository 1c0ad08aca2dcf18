"""The planner, the writer and the nodes of the answer graph; everything works without a language model."""
