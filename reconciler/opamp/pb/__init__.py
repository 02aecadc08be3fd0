"""Messages of OpAMP as protoc generated them from `proto/`; see `proto/generate.py`.

Only `opamp/convert.py`, and the simulator as the other side, look inside.
"""
