"""What agents should run, what they say they run, and what to do about it.

Floor 2, pure. Inside, each module may import those after it:
`plan -> actions, events, conditions -> drift -> desired -> agent -> observed`.
"""
