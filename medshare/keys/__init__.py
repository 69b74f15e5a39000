"""Secrets and the documents that name their public halves."""
