"""What happens in a call, what it costs, and what is given again: recorded steps, traces, ledger, budgets, cache."""
