"""Lärande i förändring: joint conversations about learning at work, as an API."""
