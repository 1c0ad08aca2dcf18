"""Writes the demo folder. ``python -m groundsight.evals.demo.make`` needs the ``dev`` extra (reportlab)."""
