"""What each line was expected to bring, and by which terms. Lines sent before: nothing known."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expected payment, expected allowed amount, and the terms they were worked out by."""
    op.add_column("sent_line", sa.Column("expected", sa.BigInteger(), nullable=True))
    op.add_column("sent_line", sa.Column("expected_allowed", sa.BigInteger(), nullable=True))
    op.add_column("sent_line", sa.Column("terms", sa.Text(), server_default="", nullable=False))
