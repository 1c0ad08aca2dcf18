"""Quality watched over time: drift, targets with acts, and flags that choose a setting for a share of callers."""
