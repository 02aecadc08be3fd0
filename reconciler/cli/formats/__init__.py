"""What `reconciler lint` prints, a format to a module: findings in, text out, no I/O.

`checked.py` is what all of them are given.
"""
