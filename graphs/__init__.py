"""The state machines: wiring only."""
