"""Readers of calendars (ics) and of contacts (vcf)."""
