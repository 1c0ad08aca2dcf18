"""The page to look: ask, search and browse in a web browser on this machine, drawn by the server."""
