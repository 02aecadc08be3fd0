"""The fleet repo as a language: pure code from bytes to rendered configs.

Floor 1. `source/` delivers a `Snapshot`; `parse.parse` makes a `Fleet` of it;
`render.render` answers what an agent with given labels should run. No I/O, no clock.
"""
