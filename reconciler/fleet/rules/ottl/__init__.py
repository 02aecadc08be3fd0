"""OTTL, the language of statements and conditions that some components take.

`tokens.py` cuts a text up, `grammar.py` says whether it is one. Only the grammar is
known here, not which functions and paths there are.
"""
