"""The command `reconciler`: one module a verb; printing and exit codes.

Floor 6. Data goes to stdout, talk to stderr. Exit codes: 0 ok, 1 error, 3 findings, 64
usage.
"""
