"""What the linter knows of the Collector's components.

`model.py` says what a catalogue is, `bundled.py` reads the one that comes with us, and
`components_output.py` the list a user's own Collector prints; a catalogue narrowed to
such a list is what its agents are judged by.
"""
