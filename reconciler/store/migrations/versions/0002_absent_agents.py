"""Since when agents are away, and what is remembered of those that count no more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    added = (
        sa.Column("moved_from_json", sa.Text, nullable=False, server_default="[]"),
        sa.Column(
            "has_run_ours", sa.Boolean, nullable=False, server_default=sa.false()
        ),
        sa.Column("doubt_json", sa.Text),
        sa.Column("first_heard", sa.Double, nullable=False, server_default="0"),
        sa.Column("disconnected_at", sa.Double),
        sa.Column("poll_interval", sa.Double),
        sa.Column("is_clone", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("forgotten", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    for column in added:
        op.add_column("agents", column)
    # The last message of one that is away is the latest it can have left at.
    op.execute("UPDATE agents SET disconnected_at = last_seen WHERE NOT connected")
    op.execute("UPDATE agents SET has_run_ours = (good IS NOT NULL)")
    op.drop_column("agents", "connected")
