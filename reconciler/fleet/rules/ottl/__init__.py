"""OTTL, the language of statements and conditions that some components take.

`tokens.py` cuts a text up, `grammar.py` says whether it is one, and `names.py` knows
the functions and fields that a misspelt name may mean.
"""
