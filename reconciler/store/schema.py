"""Brings a database to the tables of this version, with Alembic run from the package.

Called by `database.py` inside one transaction: a migration that breaks off leaves the
schema as it was. Nothing here reads a file outside the package, logs, or prints; the
migrations work from an installed wheel.
"""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from reconciler.errors import SetupError

LOCATION = "reconciler.store:migrations"


def upgrade(connection: Connection) -> None:
    """Run the migrations that the database has not seen.

    Raises:
        SetupError: A newer version of this program wrote the database.
    """
    config = Config()
    config.set_main_option("script_location", LOCATION)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    scripts = ScriptDirectory.from_config(config)
    _refuse_newer(connection, scripts)
    command.upgrade(config, "head")


def _refuse_newer(connection: Connection, scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_heads()
    if not known.issuperset(current):
        raise SetupError(
            f"the store has schema {', '.join(current)}, which a newer version wrote",
            hint="Run that version, or start with another --data-dir.",
        )
