"""Simulated agents: a real OpAMP client side over real sockets.

Floor 3. Used by `reconciler simulate`, the demo, the benchmark and the tests. Knows the
service only through OpAMP. Begin at `fleet.SimulatedFleet`; an agent itself is pure:

    fleet          connects them all, counts, and pulls their strings
    websocket      and `http` on `link`: one agent's socket, reconnecting
    agent          what an agent says, and does with what it is told
    supervisor     what becomes of an offer, in time, by `personality`
    collector      whether a config would start, judged by its content
    effective      what is reported of it
    obligations    what the server did wrong
    population     who they all are, drawn from a seed
"""
