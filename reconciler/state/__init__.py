"""What agents should run, what they say they run, and what to do about it.

Floor 2, pure. Inside, each module may import those after it:
`reconcile, revisions -> plan -> offers -> quarantine -> actions, events -> conditions
-> drift -> desired -> agent -> observed`; `.importlinter` has all of them.
"""
