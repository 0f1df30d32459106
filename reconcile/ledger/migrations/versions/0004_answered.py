"""What becomes of a sent claim beside money: acknowledgements, states, transfers, deposits."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = (
    ("sent_file", "profile"),
    ("sent_claim", "rendering_npi"),
    ("sent_claim", "location"),
    ("remittance", "origin"),
)
# References of rows that are made anew from the facts at will. Children first: SQLite makes
# such a table anew, and empties the old one before.
UNCHECKED = (
    ("posting", ("claim_payment_id", "line_share_id")),
    ("line_share", ("claim_payment_id", "sent_line_id")),
    ("awaiting", ("claim_payment_id",)),
    ("claim_payment", ("remittance_id", "sent_claim_id", "run_id")),
)


def upgrade() -> None:
    """Tables of acknowledgements, states, transfers, deposits and nights; columns beside them."""
    _acknowledgement()
    _acknowledged()
    _claim_state()
    _delivered_file()
    _unsent_file()
    _resent_claim()
    _adopted_transaction()
    _transfer()
    _bank_deposit()
    _night_report()
    _journal()
    op.create_index("ix_decision_kind", "decision", ["kind"], unique=False)
    for table, column in COLUMNS:
        op.add_column(table, sa.Column(column, sa.Text(), server_default="", nullable=False))
    op.create_index("ix_remittance_origin", "remittance", ["origin"], unique=False)
    others = sa.text("control != family")
    op.create_index(
        "ix_sent_claim_relative",
        "sent_claim",
        ["family"],
        sqlite_where=others,
        postgresql_where=others,
    )
    op.create_index("ix_remittance_payment_date", "remittance", ["payment_date"], unique=False)
    _check_no_more()


def _check_no_more() -> None:
    """A check of each row takes longer than the row itself; the proof looks at all of them."""
    for table, columns in UNCHECKED:
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_constraint(f"fk_{table}_{column}", type_="foreignkey")


def _acknowledgement() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("file_id", NUMBER, nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        sa.Column("source", sa.String(length=13), nullable=False),
        sa.Column("source_name", sa.Text(), server_default="", nullable=False),
        sa.Column("source_id", sa.Text(), server_default="", nullable=False),
        sa.Column("interchange_control", sa.Text(), server_default="", nullable=False),
        sa.Column("transaction_control", sa.Text(), server_default="", nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("receiver", sa.Text(), server_default="", nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_acknowledgement_file_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_acknowledgement_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_acknowledgement"),
    )
    op.create_index("ix_acknowledgement_digest", "acknowledgement", ["digest"], unique=False)
    op.create_index(
        "ix_acknowledgement_file_id_number",
        "acknowledgement",
        ["file_id", "number"],
        unique=False,
    )
    op.create_index("ix_acknowledgement_state", "acknowledgement", ["state"], unique=False)


def _acknowledged() -> None:
    op.create_table(
        "acknowledged",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("acknowledgement_id", NUMBER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=11), nullable=False),
        sa.Column("key", sa.Text(), server_default="", nullable=False),
        sa.Column("stem", sa.Text(), server_default="", nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("codes", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_control", sa.Text(), server_default="", nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("file_id", NUMBER, nullable=True),
        sa.Column("transaction_control", sa.Text(), server_default="", nullable=False),
        sa.Column("sent_claim_id", NUMBER, nullable=True),
        sa.Column("sent_line_id", NUMBER, nullable=True),
        sa.Column("method", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["acknowledgement_id"],
            ["acknowledgement.id"],
            name="fk_acknowledged_acknowledgement_id",
        ),
        sa.ForeignKeyConstraint(
            ["sent_claim_id"], ["sent_claim.id"], name="fk_acknowledged_sent_claim_id"
        ),
        sa.ForeignKeyConstraint(
            ["sent_line_id"], ["sent_line.id"], name="fk_acknowledged_sent_line_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_acknowledged"),
    )
    op.create_index(
        "ix_acknowledged_acknowledgement_id", "acknowledged", ["acknowledgement_id"], unique=False
    )
    op.create_index(
        "ix_acknowledged_file_id_transaction_control",
        "acknowledged",
        ["file_id", "transaction_control"],
        unique=False,
    )
    op.create_index("ix_acknowledged_stem", "acknowledged", ["stem"], unique=False)
    op.create_index(
        "ix_acknowledged_payer_control", "acknowledged", ["payer_control"], unique=False
    )
    op.create_index(
        "ix_acknowledged_sent_claim_id", "acknowledged", ["sent_claim_id"], unique=False
    )


def _claim_state() -> None:
    op.create_table(
        "claim_state",
        sa.Column("sent_claim_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("since", sa.Text(), server_default="", nullable=False),
        sa.Column("cause", sa.Text(), server_default="", nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sent_claim_id", name="pk_claim_state"),
    )
    op.create_index("ix_claim_state_state", "claim_state", ["state"], unique=False)


def _delivered_file() -> None:
    op.create_table(
        "delivered_file",
        sa.Column("file_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("profile", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_delivered_file_file_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_delivered_file_run_id"),
        sa.PrimaryKeyConstraint("file_id", name="pk_delivered_file"),
    )


def _unsent_file() -> None:
    op.create_table(
        "unsent_file",
        sa.Column("file_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("user", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_unsent_file_file_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_unsent_file_run_id"),
        sa.PrimaryKeyConstraint("file_id", name="pk_unsent_file"),
    )


def _resent_claim() -> None:
    op.create_table(
        "resent_claim",
        sa.Column("file_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("sent_claim_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("transaction_control", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_resent_claim_file_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_resent_claim_run_id"),
        sa.ForeignKeyConstraint(
            ["sent_claim_id"], ["sent_claim.id"], name="fk_resent_claim_sent_claim_id"
        ),
        sa.PrimaryKeyConstraint("file_id", "sent_claim_id", name="pk_resent_claim"),
    )
    op.create_index(
        "ix_resent_claim_sent_claim_id", "resent_claim", ["sent_claim_id"], unique=False
    )


def _adopted_transaction() -> None:
    words = ("sender", "receiver", "interchange_control", "group_control", "transaction_control",
             "reference")  # fmt: skip
    op.create_table(
        "adopted_transaction",
        sa.Column("file_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in words),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_adopted_transaction_file_id"),
        sa.PrimaryKeyConstraint("file_id", "number", name="pk_adopted_transaction"),
    )
    for name in ("interchange_control", "group_control", "reference"):
        op.create_index(
            f"ix_adopted_transaction_usage_{name}",
            "adopted_transaction",
            ["usage", name],
            unique=False,
        )


def _transfer() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("profile", sa.Text(), server_default="", nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.Text(), server_default="", nullable=False),
        sa.Column("result", sa.String(length=12), nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_transfer_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_transfer"),
    )
    op.create_index("ix_transfer_digest", "transfer", ["digest"], unique=False)
    op.create_index(
        "ix_transfer_profile_direction_name",
        "transfer",
        ["profile", "direction", "name"],
        unique=False,
    )


def _bank_deposit() -> None:
    op.create_table(
        "bank_deposit",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("file_id", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        sa.Column("trace", sa.Text(), server_default="", nullable=False),
        sa.Column("originator", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_bank_deposit_file_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_bank_deposit_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bank_deposit"),
    )
    op.create_index("ix_bank_deposit_date", "bank_deposit", ["date"], unique=False)
    op.create_index("ix_bank_deposit_mark", "bank_deposit", ["mark"], unique=True)
    op.create_index("ix_bank_deposit_trace", "bank_deposit", ["trace"], unique=False)


def _night_report() -> None:
    op.create_table(
        "night_report",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_night_report_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_night_report"),
    )
    op.create_index("ix_night_report_day", "night_report", ["day"], unique=False)


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("run_id", NUMBER, nullable=True),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_journal_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_table(
        "journal_part",
        sa.Column("journal_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("table", sa.String(length=40), nullable=False),
        sa.Column("columns", sa.Text(), server_default="", nullable=False),
        sa.Column("rows", sa.Text(), server_default="", nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("journal_id", "number", name="pk_journal_part"),
    )
    op.create_index("ix_journal_part_table", "journal_part", ["table"], unique=False)
