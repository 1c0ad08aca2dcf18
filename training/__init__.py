"""What made the packaged nets, tables and coefficients: in a checkout only, not in the wheel."""
