"""OpAMP towards the agents: messages, one session each, and the transport.

Floor 3. `service.py` starts a `server.OpampServer` and hands it the controller as two
functions. From the wire inwards: `connection` (HTTP, deadlines) and `websocket`
(frames) do the I/O, `polling` answers over HTTP, `listener` is what they share;
`session`, `convert`, `structure`, `scrub`, `content`, `wire` and `admission` are pure.
"""
