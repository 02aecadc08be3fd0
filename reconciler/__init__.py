"""GitOps for OpenTelemetry Collector fleets over OpAMP.

A commit is green when, and only when, the fleet runs it. The map of the house is
in README.md; the floors are kept by import-linter (`.importlinter`).
"""

__version__ = "0.1.0"
