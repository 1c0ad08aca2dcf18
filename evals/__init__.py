"""Evaluation: data sets, metrics, runs and reports, and the demo that ships with the project."""
