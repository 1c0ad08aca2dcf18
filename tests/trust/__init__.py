"""What ``make trust`` runs: the promises of docs/SECURITY.md, each as a case that can fail."""
