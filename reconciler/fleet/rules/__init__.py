"""The rules for one Collector config, a family to a module.

`check.py` runs them for the renderer and the linter; `docs/rules/` explains each.
"""
