"""The commands about what work costs and what is given again: ``cost`` and ``cache``."""
