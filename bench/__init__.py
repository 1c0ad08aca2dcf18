"""Developers' benches and faults, and local servers for them: in a checkout only, not in the wheel."""
