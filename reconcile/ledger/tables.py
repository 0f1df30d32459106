"""The ledger's tables. The same in SQLite and PostgreSQL; made by the migrations, never from here.

Conventions, so that both databases hold the same bytes: money is integer cents, units and other
decimals are text, dates are ``CCYY-MM-DD`` and moments UTC ``CCYY-MM-DDTHH:MM:SSZ`` in text, what
has inner structure is JSON in text, ``usage`` is ``T`` or ``P``: test and production are separate
books. Row numbers are given by the writer, of which there is one at a time.

Facts are only ever added: ``run``, ``file``, ``file_chunk``, ``decision``, ``view``, ``problem``,
``sent_file``, ``written_file``, ``visit``, ``held_claim``, ``held_visit``, ``sent_claim``,
``sent_line``, ``provider_adjustment``, and of ``remittance`` and ``claim_payment`` what stands in
the file. Derived, updated in the transaction that adds the facts, and made again by ``rebuild``:
the ``state`` columns, how a claim payment was matched, ``awaiting``, ``line_share``, ``posting``.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from reconcile.ledger.columns import (
    cents,
    code,
    count,
    key_to,
    metadata,
    recorded,
    row_number,
    to,
    words,
)

# --- who did what, and the bytes -------------------------------------------------------------

run = Table(
    "run",
    metadata,
    row_number(),
    code("command", 40),
    code("version", 40),
    code("started_at", 20),
    words("user"),
)

file = Table(
    "file",
    metadata,
    row_number(),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the bytes
    code("kind", 20),  # 835, 837P, 999, 277CA, TA1, mixed, other
    code("direction", 3),  # in: received; out: made by us
    words("name"),
    cents("size"),  # bytes
    count("chunks"),
    *recorded(),
)

file_chunk = Table(
    "file_chunk",
    metadata,
    key_to("file"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),  # zlib
)

decision = Table(  # of a person: release, override, match ...
    "decision",
    metadata,
    row_number(),
    code("kind", 20),
    words("subject"),
    words("user"),
    words("reason"),
    words("detail"),  # JSON
    *recorded(),
    Index(None, "subject"),
    Index(None, "kind"),
)

view = Table(  # who looked at a patient
    "view",
    metadata,
    row_number(),
    words("user"),
    words("patient"),  # the opaque key
    words("subject"),  # claim control number shown
    *recorded(),
    Index(None, "patient"),
)

control_number = Table(
    "control_number",
    metadata,
    Column("kind", String(20), primary_key=True),  # interchange, group, claim
    Column("sender", String(80), primary_key=True),
    Column("receiver", String(80), primary_key=True),
    Column("usage", String(1), primary_key=True),
    Column("next_number", BigInteger, nullable=False),
)

# --- what was sent ---------------------------------------------------------------------------

sent_file = Table(
    "sent_file",
    metadata,
    key_to("file"),
    code("usage", 1),
    words("sender"),
    words("receiver"),
    Column("interchange_control", BigInteger, nullable=False),  # ISA13
    words("name"),
    count("claims"),
    words("profile"),  # by which it is to be delivered; empty: a person sends it
    *recorded(),
    Index(None, "usage", "sender", "receiver", "interchange_control", unique=True),
)

written_file = Table(  # the file reached the outbox
    "written_file",
    metadata,
    key_to("file"),
    words("name"),
    *recorded(),
)

sent_claim = Table(
    "sent_claim",
    metadata,
    row_number(),
    code("usage", 1),
    words("control", default=None),  # CLM01
    words("stem", default=None),  # reconcile.keys.stem of it
    words("family", default=None),  # CLM01 of the original
    code("frequency", 1),  # CLM05-3
    code("origin", 8),  # billed, adopted
    words("payer"),
    words("payer_id"),  # 2010BB NM109
    words("payer_name"),
    words("payer_rank"),  # SBR01
    words("member_id"),
    words("patient"),  # opaque key
    words("patient_id"),
    words("patient_name"),
    words("patient_birth"),
    words("billing_npi"),
    words("discipline"),
    cents("charge"),
    code("date", 10),
    code("until", 10),
    cents("collected"),
    words("reference"),  # JSON: [[qualifier, value, description], ...]
    words("decisions"),  # JSON: minutes -> units -> modifiers, as mapping told them
    to("file"),
    words("transaction_control"),  # ST02
    count("position"),  # of the CLM in its transaction, ST = 1
    words("rendering_npi"),
    words("location"),  # key in the practice file, for reports
    *recorded(),
    Index(None, "control", "usage", "frequency", "date", unique=True),
    Index(None, "stem"),
    Index(None, "family"),
    Index(None, "patient", "date"),
    Index(None, "payer_id"),
    Index(None, "date"),
    Index(None, "file_id"),
)
Index(  # those that have others of their family before them: few
    "ix_sent_claim_relative",
    sent_claim.c.family,
    sqlite_where=sent_claim.c.control != sent_claim.c.family,
    postgresql_where=sent_claim.c.control != sent_claim.c.family,
)

sent_line = Table(
    "sent_line",
    metadata,
    row_number(),
    to("sent_claim"),
    words("control", default=None),  # REF*6R
    count("number"),  # LX01
    words("code"),
    words("modifiers"),  # space separated
    cents("charge"),
    words("units"),
    code("date", 10),
    code("until", 10),
    words("evidence"),  # JSON: [text, ...]
    Column("expected", BigInteger),  # cents the payer should pay; null: not known
    Column("expected_allowed", BigInteger),  # cents it should allow; null: not known
    words("terms"),  # JSON of edi.expected: how these were worked out, or why they were not
    Index(None, "sent_claim_id"),
    Index(None, "control"),
    Index(None, "code", "date"),
)

visit = Table(  # a visit that was billed, once per claim it went into
    "visit",
    metadata,
    row_number(),
    code("usage", 1),
    words("visit_id", default=None),
    code("digest", 64),
    to("sent_claim"),
    *recorded(),
    Index(None, "visit_id", "usage", "sent_claim_id", unique=True),
    Index(None, "sent_claim_id"),
)

held_claim = Table(
    "held_claim",
    metadata,
    row_number(),
    code("usage", 1),
    words("claim", default=None),  # the draft's key
    words("digest"),
    words("reasons"),  # JSON: [[code, message], ...]
    words("payer"),
    words("patient"),
    words("patient_name"),
    words("discipline"),
    code("date", 10),
    cents("charge"),
    words("detail"),  # JSON, opaque here
    code("state", 10),  # derived: held, released, overridden, billed, replaced
    *recorded(),
    Index(None, "claim", "usage"),
    Index(None, "state"),
)

held_visit = Table(
    "held_visit",
    metadata,
    key_to("held_claim"),
    Column("visit_id", Text, primary_key=True),
    Column("digest", String(64), nullable=False),
    Index(None, "visit_id"),
)
