"""Word documents: the body in its order, its styles and numbers, its notes."""
