"""Word, PowerPoint and Excel files, read from their parts as a person sees them; nothing in them is run."""
