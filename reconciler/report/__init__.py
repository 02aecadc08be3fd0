"""The truth, told to a forge: commit statuses through an outbox.

Floor 3. `service.py` hands over every `PublishCommitStatus`; a forge that is slow, down
or wrong never delays an agent.
"""
