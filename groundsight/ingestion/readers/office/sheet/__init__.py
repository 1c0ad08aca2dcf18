"""The cells of a sheet, how they look, and the tables that they make."""
