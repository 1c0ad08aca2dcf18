"""Training, comparing and promoting models from the command line."""
