"""The tables of the store, as SQLAlchemy Core describes them.

Written by `changes.py`, read by `contents.py`, created by `migrations/`; a test holds
the migrations to these tables. Times are seconds since the epoch. Columns that end in
`_json` hold JSON text, read by `rows.py` alone: so no damaged row can break the reading
of its neighbours. Only plain SQL types: PostgreSQL takes the same tables.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
    }
)

AGENTS = Table(
    "agents",
    METADATA,
    Column("uid", LargeBinary, primary_key=True),
    Column("transport", Text, nullable=False),
    Column("sequence_num", BigInteger, nullable=False),
    Column("capabilities", BigInteger, nullable=False),
    Column("description_json", Text, nullable=False),
    Column("health_json", Text),
    Column("remote_config_status_json", Text),
    Column("components_hash", LargeBinary, nullable=False),
    Column("settings_hash", LargeBinary, nullable=False),
    Column("group_name", Text, nullable=False),
    Column("sync", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("since", Double, nullable=False),
    Column("last_seen", Double, nullable=False),
    Column("desired", LargeBinary),
    Column("offer_json", Text),
    Column("good", LargeBinary),
    Column("failures_json", Text, nullable=False),
    Column("moved_from_json", Text, nullable=False, server_default="[]"),
    Column("has_run_ours", Boolean, nullable=False, server_default=false()),
    Column("doubt_json", Text),
    Column("first_heard", Double, nullable=False, server_default="0"),
    Column("disconnected_at", Double),
    Column("poll_interval", Double),
    Column("is_clone", Boolean, nullable=False, server_default=false()),
    Column("forgotten", Boolean, nullable=False, server_default=false()),
)

CONFIGS = Table(
    "configs",
    METADATA,
    Column("hash", LargeBinary, primary_key=True),
    Column("documents_json", Text, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
)

CONFIG_ENTRIES = Table(
    "config_entries",
    METADATA,
    Column(
        "hash",
        LargeBinary,
        ForeignKey("configs.hash", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("name", Text, primary_key=True),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

REVISIONS = Table(
    "revisions",
    METADATA,
    Column("ref", Text, primary_key=True),
    Column("commit_sha", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("message", Text, nullable=False),
)

STATUSES = Table(
    "statuses",
    METADATA,
    Column("commit_sha", Text, primary_key=True),
    Column("context", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("posted_state", Text),
    Column("posted_description", Text),
    Column("error", Text),
    Column("changed_at", Double, nullable=False),
)

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("ref", Text, primary_key=True),
    Column("commit_sha", Text, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
)
"""Holds one row, the snapshot in force; the files below belong to it."""

BLOBS = Table(
    "blobs",
    METADATA,
    Column("blob", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

SNAPSHOT_FILES = Table(
    "snapshot_files",
    METADATA,
    Column("path", Text, primary_key=True),
    Column("blob", Text, ForeignKey("blobs.blob"), nullable=False),
)

REFUSED_FILES = Table(
    "refused_files",
    METADATA,
    Column("path", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("hint", Text, nullable=False),
)
