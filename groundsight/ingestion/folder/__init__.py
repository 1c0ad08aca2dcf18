"""A folder that stays in step: what of it is read, what is not and why, and how changes come in."""
