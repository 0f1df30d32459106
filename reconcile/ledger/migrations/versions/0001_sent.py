"""Runs, bytes, decisions, and what was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Runs, bytes, decisions, and what was sent."""
    _control_number()
    _run()
    _decision()
    _file()
    _held_claim()
    _view()
    _file_chunk()
    _held_visit()
    _sent_claim()
    _sent_file()
    _written_file()
    _sent_line()
    _visit()


def _control_number() -> None:
    op.create_table(
        "control_number",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("receiver", sa.String(length=80), nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "sender", "receiver", "usage", name="pk_control_number"),
    )


def _run() -> None:
    op.create_table(
        "run",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("command", sa.String(length=40), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.String(length=20), nullable=False),
        sa.Column("user", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
    )


def _decision() -> None:
    op.create_table(
        "decision",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("user", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_decision_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_subject", "decision", ["subject"], unique=False)


def _file() -> None:
    op.create_table(
        "file",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_file_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_file"),
        sa.UniqueConstraint("digest", name="uq_file_digest"),
    )


def _held_claim() -> None:
    op.create_table(
        "held_claim",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        sa.Column("claim", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("reasons", sa.Text(), server_default="", nullable=False),
        sa.Column("payer", sa.Text(), server_default="", nullable=False),
        sa.Column("patient", sa.Text(), server_default="", nullable=False),
        sa.Column("patient_name", sa.Text(), server_default="", nullable=False),
        sa.Column("discipline", sa.Text(), server_default="", nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_held_claim_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_held_claim"),
    )
    op.create_index("ix_held_claim_claim_usage", "held_claim", ["claim", "usage"], unique=False)
    op.create_index("ix_held_claim_state", "held_claim", ["state"], unique=False)


def _view() -> None:
    op.create_table(
        "view",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("user", sa.Text(), server_default="", nullable=False),
        sa.Column("patient", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_view_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_view"),
    )
    op.create_index("ix_view_patient", "view", ["patient"], unique=False)


def _file_chunk() -> None:
    op.create_table(
        "file_chunk",
        sa.Column("file_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_file_chunk_file_id"),
        sa.PrimaryKeyConstraint("file_id", "number", name="pk_file_chunk"),
    )


def _held_visit() -> None:
    op.create_table(
        "held_visit",
        sa.Column("held_claim_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["held_claim_id"], ["held_claim.id"], name="fk_held_visit_held_claim_id"
        ),
        sa.PrimaryKeyConstraint("held_claim_id", "visit_id", name="pk_held_visit"),
    )
    op.create_index("ix_held_visit_visit_id", "held_visit", ["visit_id"], unique=False)


def _sent_claim() -> None:
    op.create_table(
        "sent_claim",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        sa.Column("control", sa.Text(), nullable=False),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("frequency", sa.String(length=1), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("payer", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_id", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_rank", sa.Text(), server_default="", nullable=False),
        sa.Column("member_id", sa.Text(), server_default="", nullable=False),
        sa.Column("patient", sa.Text(), server_default="", nullable=False),
        sa.Column("patient_id", sa.Text(), server_default="", nullable=False),
        sa.Column("patient_name", sa.Text(), server_default="", nullable=False),
        sa.Column("patient_birth", sa.Text(), server_default="", nullable=False),
        sa.Column("billing_npi", sa.Text(), server_default="", nullable=False),
        sa.Column("discipline", sa.Text(), server_default="", nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("collected", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("decisions", sa.Text(), server_default="", nullable=False),
        sa.Column("file_id", NUMBER, nullable=False),
        sa.Column("transaction_control", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_sent_claim_file_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_sent_claim_run_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sent_claim"),
    )
    op.create_index(
        "ix_sent_claim_control_usage_frequency_date",
        "sent_claim",
        ["control", "usage", "frequency", "date"],
        unique=True,
    )
    op.create_index("ix_sent_claim_date", "sent_claim", ["date"], unique=False)
    op.create_index("ix_sent_claim_family", "sent_claim", ["family"], unique=False)
    op.create_index("ix_sent_claim_file_id", "sent_claim", ["file_id"], unique=False)
    op.create_index("ix_sent_claim_patient_date", "sent_claim", ["patient", "date"], unique=False)
    op.create_index("ix_sent_claim_payer_id", "sent_claim", ["payer_id"], unique=False)
    op.create_index("ix_sent_claim_stem", "sent_claim", ["stem"], unique=False)


def _sent_file() -> None:
    op.create_table(
        "sent_file",
        sa.Column("file_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("receiver", sa.Text(), server_default="", nullable=False),
        sa.Column("interchange_control", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_sent_file_file_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_sent_file_run_id"),
        sa.PrimaryKeyConstraint("file_id", name="pk_sent_file"),
    )
    op.create_index(
        "ix_sent_file_usage_sender_receiver_interchange_control",
        "sent_file",
        ["usage", "sender", "receiver", "interchange_control"],
        unique=True,
    )


def _written_file() -> None:
    op.create_table(
        "written_file",
        sa.Column("file_id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name="fk_written_file_file_id"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_written_file_run_id"),
        sa.PrimaryKeyConstraint("file_id", name="pk_written_file"),
    )


def _sent_line() -> None:
    op.create_table(
        "sent_line",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("sent_claim_id", NUMBER, nullable=False),
        sa.Column("control", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("modifiers", sa.Text(), server_default="", nullable=False),
        sa.Column("charge", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Text(), server_default="", nullable=False),
        sa.Column("date", sa.String(length=10), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["sent_claim_id"], ["sent_claim.id"], name="fk_sent_line_sent_claim_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sent_line"),
    )
    op.create_index("ix_sent_line_code_date", "sent_line", ["code", "date"], unique=False)
    op.create_index("ix_sent_line_control", "sent_line", ["control"], unique=False)
    op.create_index("ix_sent_line_sent_claim_id", "sent_line", ["sent_claim_id"], unique=False)


def _visit() -> None:
    op.create_table(
        "visit",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("usage", sa.String(length=1), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sent_claim_id", NUMBER, nullable=False),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("recorded_at", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name="fk_visit_run_id"),
        sa.ForeignKeyConstraint(
            ["sent_claim_id"], ["sent_claim.id"], name="fk_visit_sent_claim_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
    )
    op.create_index("ix_visit_sent_claim_id", "visit", ["sent_claim_id"], unique=False)
    op.create_index(
        "ix_visit_visit_id_usage_sent_claim_id",
        "visit",
        ["visit_id", "usage", "sent_claim_id"],
        unique=True,
    )
