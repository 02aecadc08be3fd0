"""A forecast as people and programs read it: text, Markdown, JSON.

Called by `plan.py`. Secrets are masked in all of them.
"""
