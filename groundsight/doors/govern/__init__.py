"""What those who answer for an index see and do: policy, incidents, risk, review and the transparency report."""
