"""The first tables: agents, configs, revisions, commit statuses, the snapshot."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "agents",
        sa.Column("uid", sa.LargeBinary, nullable=False),
        sa.Column("transport", sa.Text, nullable=False),
        sa.Column("sequence_num", sa.BigInteger, nullable=False),
        sa.Column("capabilities", sa.BigInteger, nullable=False),
        sa.Column("description_json", sa.Text, nullable=False),
        sa.Column("health_json", sa.Text),
        sa.Column("remote_config_status_json", sa.Text),
        sa.Column("components_hash", sa.LargeBinary, nullable=False),
        sa.Column("settings_hash", sa.LargeBinary, nullable=False),
        sa.Column("group_name", sa.Text, nullable=False),
        sa.Column("sync", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("last_seen", sa.Double, nullable=False),
        sa.Column("connected", sa.Boolean, nullable=False),
        sa.Column("desired", sa.LargeBinary),
        sa.Column("offer_json", sa.Text),
        sa.Column("good", sa.LargeBinary),
        sa.Column("failures_json", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("uid"),
    )
    op.create_table(
        "configs",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("documents_json", sa.Text, nullable=False),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "config_entries",
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("hash", "name"),
        sa.ForeignKeyConstraint(["hash"], ["configs.hash"], ondelete="CASCADE"),
    )
    op.create_table(
        "revisions",
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("commit_sha", sa.Text, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ref", "commit_sha"),
    )
    op.create_table(
        "statuses",
        sa.Column("commit_sha", sa.Text, nullable=False),
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("posted_state", sa.Text),
        sa.Column("posted_description", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("commit_sha", "context"),
    )
    op.create_table(
        "snapshots",
        sa.Column("ref", sa.Text, nullable=False),
        sa.Column("commit_sha", sa.Text, nullable=False),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("ref"),
    )
    op.create_table(
        "blobs",
        sa.Column("blob", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("blob"),
    )
    op.create_table(
        "snapshot_files",
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("blob", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("path"),
        sa.ForeignKeyConstraint(["blob"], ["blobs.blob"]),
    )
    op.create_table(
        "refused_files",
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("path"),
    )
