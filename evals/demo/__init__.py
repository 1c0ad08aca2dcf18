"""The demo: a folder of real files telling one checkable story, and the client that shows it."""
