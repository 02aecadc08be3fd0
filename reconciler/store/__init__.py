"""What outlives the process: SQLite through SQLAlchemy Core, migrated by Alembic.

Floor 3. `service.py` loads once at start, then hands over saving actions; one writer
thread batches them. The store is not the truth: Git and the agents rebuild it.
"""
