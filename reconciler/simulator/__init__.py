"""Simulated agents: a real OpAMP client side over real sockets.

Floor 3. Used by `reconciler simulate`, the demo, the benchmark and the tests. Knows the
service only through OpAMP.
"""
