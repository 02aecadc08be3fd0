"""What components refuse themselves, after their settings are decoded.

Asked by `validation.py`, a module to a kind. Each function stands for the Go code of
one component, and yields only what that code refuses in the bundled release.
"""
