"""OTTL, the language of statements and conditions that some components take.

`tokens.py` cuts a text up, `grammar.py` says whether it is one, and `functions.py`
knows the functions that a misspelt name may mean. Paths are not known here.
"""
