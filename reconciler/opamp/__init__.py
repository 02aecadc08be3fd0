"""OpAMP towards the agents: messages, one session each, and the transport.

Floor 3. `service.py` starts a `server.OpampServer` and hands it the controller as two
functions. `session.py` does no I/O; only `server`, `websocket` and `http` do.
"""
