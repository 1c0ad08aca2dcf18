"""Containers: files of files."""
