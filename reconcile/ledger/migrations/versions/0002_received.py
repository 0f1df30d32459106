"""What came back: payments, claim payments and their postings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """What came back: payments, claim payments and their postings."""
    _remittance()
    _claim_payment()
    _problem()
    _provider_adjustment()
    _awaiting()
    _line_share()
    _posting()


def _remittance() -> None:
    op.create_table(
        "remittance",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("file_id", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("interchange_control", sa.Text(), server_default="", nullable=False),
        sa.Column("group_control", sa.Text(), server_default="", nullable=False),
        sa.Column("transaction_control", sa.Text(), server_default="", nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        sa.Column("payment_key", sa.Text(), nullable=False),
        sa.Column("payment_id", NUMBER, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("originator", sa.Text(), server_default="", nullable=False),
        sa.Column("trace", sa.Text(), server_default="", nullable=False),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("payment_date", sa.String(length=10), nullable=False),
        sa.Column("payer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_ids", sa.Text(), server_default="", nullable=False),
        sa.Column("complete", sa.Integer(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("claims_paid", sa.BigInteger(), nullable=True),
        sa.Column("provider_adjusted", sa.BigInteger(), nullable=True),
        sa.Column("difference", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_remittance_file_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_remittance_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_remittance"),
    )
    op.create_index(
        "ix_remittance_file_id_number", "remittance", ["file_id", "number"], unique=True
    )
    op.create_index("ix_remittance_payment_key", "remittance", ["payment_key"], unique=False)
    op.create_index("ix_remittance_state", "remittance", ["state"], unique=False)
    op.create_index("ix_remittance_trace", "remittance", ["trace"], unique=False)


def _claim_payment() -> None:
    op.create_table(
        "claim_payment",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("remittance_id", NUMBER, nullable=False),
        sa.Column("payment_id", NUMBER, nullable=False),
        sa.Column("fingerprint", sa.String(length=32), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("control", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("patient_responsibility", sa.BigInteger(), nullable=True),
        sa.Column("payer_control", sa.Text(), server_default="", nullable=False),
        sa.Column("remarks", sa.Text(), server_default="", nullable=False),
        sa.Column("difference", sa.BigInteger(), nullable=False),
        sa.Column("sent_claim_id", NUMBER, nullable=True),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.Column("payer", sa.Text(), server_default="", nullable=False),
        sa.Column("rank", sa.Text(), server_default="", nullable=False),
        sa.Column("beside_lines", sa.BigInteger(), nullable=False),
        sa.Column("candidates", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("notes", sa.Text(), server_default="", nullable=False),
        sa.Column("unmatched_lines", sa.Text(), server_default="", nullable=False),
        sa.Column("segments", sa.Text(), nullable=True),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittance.id"], name="fk_claim_payment_remittance_id"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_claim_payment_run_id"),
        sa.ForeignKeyConstraint(
            ["sent_claim_id"], ["sent_claim.id"], name="fk_claim_payment_sent_claim_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_claim_payment"),
    )
    op.create_index(
        "ix_claim_payment_payer_control", "claim_payment", ["payer_control"], unique=False
    )
    op.create_index(
        "ix_claim_payment_payment_id_fingerprint",
        "claim_payment",
        ["payment_id", "fingerprint"],
        unique=False,
    )
    op.create_index(
        "ix_claim_payment_remittance_id", "claim_payment", ["remittance_id"], unique=False
    )
    op.create_index(
        "ix_claim_payment_sent_claim_id", "claim_payment", ["sent_claim_id"], unique=False
    )


def _problem() -> None:
    op.create_table(
        "problem",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("file_id", NUMBER, nullable=False),
        sa.Column("remittance_id", NUMBER, nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("level", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("standard", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("value", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_problem_file_id"),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittance.id"], name="fk_problem_remittance_id"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_problem_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_problem"),
    )
    op.create_index("ix_problem_file_id", "problem", ["file_id"], unique=False)


def _provider_adjustment() -> None:
    op.create_table(
        "provider_adjustment",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("remittance_id", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), server_default="", nullable=False),
        sa.Column("fiscal_date", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["remittance_id"], ["remittance.id"], name="fk_provider_adjustment_remittance_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_provider_adjustment"),
    )
    op.create_index(
        "ix_provider_adjustment_reference", "provider_adjustment", ["reference"], unique=False
    )
    op.create_index(
        "ix_provider_adjustment_remittance_id",
        "provider_adjustment",
        ["remittance_id"],
        unique=False,
    )


def _awaiting() -> None:
    op.create_table(
        "awaiting",
        sa.Column("claim_payment_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_payment_id"], ["claim_payment.id"], name="fk_awaiting_claim_payment_id"
        ),
        sa.PrimaryKeyConstraint("claim_payment_id", "kind", "value", name="pk_awaiting"),
    )
    op.create_index("ix_awaiting_value", "awaiting", ["value"], unique=False)


def _line_share() -> None:
    op.create_table(
        "line_share",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("claim_payment_id", NUMBER, nullable=False),
        sa.Column("sent_line_id", NUMBER, nullable=False),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("modifiers", sa.Text(), server_default="", nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Text(), server_default="", nullable=False),
        sa.Column("adjustments", sa.Text(), server_default="", nullable=False),
        sa.Column("remarks", sa.Text(), server_default="", nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=True),
        sa.Column("bundled_into", sa.Text(), server_default="", nullable=False),
        sa.Column("not_explained", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_payment_id"], ["claim_payment.id"], name="fk_line_share_claim_payment_id"
        ),
        sa.ForeignKeyConstraint(
            ["sent_line_id"], ["sent_line.id"], name="fk_line_share_sent_line_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_line_share"),
    )
    op.create_index(
        "ix_line_share_claim_payment_id", "line_share", ["claim_payment_id"], unique=False
    )
    op.create_index("ix_line_share_sent_line_id", "line_share", ["sent_line_id"], unique=False)


def _posting() -> None:
    op.create_table(
        "posting",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("claim_payment_id", NUMBER, nullable=False),
        sa.Column("line_share_id", NUMBER, nullable=True),
        sa.Column("kind", sa.String(length=13), nullable=False),
        sa.Column("group", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_payment_id"], ["claim_payment.id"], name="fk_posting_claim_payment_id"
        ),
        sa.ForeignKeyConstraint(
            ["line_share_id"], ["line_share.id"], name="fk_posting_line_share_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_posting"),
    )
    op.create_index("ix_posting_claim_payment_id", "posting", ["claim_payment_id"], unique=False)
