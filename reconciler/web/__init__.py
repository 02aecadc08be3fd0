"""What people and their tools ask over HTTP: JSON API, health, metrics.

Floor 3. Reads through the `View` that `service.py` hands in; changes nothing.
"""
