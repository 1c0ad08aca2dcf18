"""The ladder from a question to evidence, and the links that lead from one unit to the next."""
