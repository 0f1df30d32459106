"""The ledger's tables of what becomes of a sent claim beside money. Conventions as in ``tables``.

Facts: ``acknowledgement`` and ``acknowledged`` as they came, ``delivered_file``, ``unsent_file``,
``resent_claim``, ``transfer``, ``bank_deposit``, ``night_report``. Derived: what an acknowledged
thing was joined to (from ``file_id`` on), the ``state`` of an acknowledgement, ``claim_state``.
"""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from reconcile.ledger.columns import (
    Number,
    cents,
    code,
    count,
    key_of,
    key_to,
    metadata,
    recorded,
    row_number,
    to,
    words,
)

acknowledgement = Table(  # one TA1, one ST of a 999, 997 or 277CA, one report, one entry by hand
    "acknowledgement",
    metadata,
    row_number(),
    to("file", required=False),  # none: entered by hand
    count("number"),  # of it in its file, from 1
    code("kind", 8),  # TA1, 999, 997, 277CA, report, hand
    code("usage", 1),
    code("source", 13),  # who speaks: translator, clearinghouse, payer, person
    words("source_name"),  # 1000A NM103, ISA06, or the profile's or person's name
    words("source_id"),  # 1000A NM109, ISA06
    words("interchange_control"),  # ISA13 it came in
    words("transaction_control"),  # ST02 it came in
    words("reference"),  # BHT03, the report's own number
    words("sender"),  # ISA06 it came with
    words("receiver"),  # ISA08 it came with
    code("date", 10),  # it speaks of, CCYY-MM-DD
    code("digest", 64),  # of its content without control numbers: the same again is a duplicate
    code(
        "state", 10
    ),  # derived: joined, partly, unmatched, elsewhere; undone; or duplicate, incomplete
    words("why"),  # derived: in words, where it is not simply joined
    *recorded(),
    Index(None, "file_id", "number"),
    Index(None, "digest"),
    Index(None, "state"),
)

acknowledged = Table(  # what an acknowledgement says of one thing, as it came and what it is
    "acknowledged",
    metadata,
    row_number(),
    to("acknowledgement"),
    count("position"),  # of its segment in the transaction, ST = 1
    code("level", 11),  # interchange, group, transaction, claim, line
    words("key"),  # JSON: [ISA13, GS06, ST02, BHT03, CLM01, 6R] of ours, as it names them
    words("stem"),  # reconcile.keys.stem of the claim number
    code("verdict", 20),  # see edi.acknowledgement.Verdict
    words("codes"),  # JSON: [[list, code, {places}], ...], see acknowledgements.code_of
    words("text"),  # STC12 or the report's own words; may hold patient data, never logged
    words("payer_control"),  # REF*1K
    code("date", 10),  # CCYY-MM-DD
    cents("cents", required=False),  # STC04, AMT
    words("detail"),  # JSON: procedure, service date, counts of a batch
    Column("file_id", Number, nullable=True),  # derived: the sent file
    words("transaction_control"),  # derived: ST02 of ours
    to("sent_claim", required=False),  # derived, at level claim and line
    to("sent_line", required=False),  # derived, at level line
    words("method"),  # derived: by what it was joined
    Index(None, "acknowledgement_id"),
    Index(None, "file_id", "transaction_control"),
    Index(None, "sent_claim_id"),
    Index(None, "stem"),
    Index(None, "payer_control"),
)

claim_state = Table(  # derived: where each sent claim is in its life, see reconcile.lifecycle
    "claim_state",
    metadata,
    key_of("sent_claim"),
    code("state", 11),
    code("event", 20),  # that led to it
    words("since"),  # when, UTC, as ``recorded_at`` of the fact behind it
    words("cause"),  # JSON: file and segment, or person and reason
    cents("open"),  # what the payers have not decided
    Index(None, "state"),
)

claim_state.add_is_dependent_on(metadata.tables["sent_claim"])

delivered_file = Table(  # a file of claims was taken by the clearinghouse
    "delivered_file",
    metadata,
    key_to("file"),
    words("profile"),
    words("name"),  # over there
    *recorded(),
)

unsent_file = Table(  # taken back by a person before it was picked up
    "unsent_file",
    metadata,
    key_to("file"),
    words("user"),
    words("reason"),
    *recorded(),
)

resent_claim = Table(  # the same claim in a later file, with new control numbers of the envelope
    "resent_claim",
    metadata,
    key_to("file"),
    key_to("sent_claim"),
    words("transaction_control"),  # ST02
    count("position"),  # of the CLM in its transaction, ST = 1
    *recorded(),
    Index(None, "sent_claim_id"),
)

adopted_transaction = Table(  # by what a transaction made elsewhere is spoken of
    "adopted_transaction",
    metadata,
    key_to("file"),
    Column("number", Integer, primary_key=True, autoincrement=False),  # in the file, from 1
    code("usage", 1),
    words("sender"),  # ISA06
    words("receiver"),  # ISA08
    words("interchange_control"),  # ISA13 without leading zeros
    words("group_control"),  # GS06 without leading zeros
    words("transaction_control"),  # ST02
    words("reference"),  # BHT03
    Index(None, "usage", "interchange_control"),
    Index(None, "usage", "group_control"),
    Index(None, "usage", "reference"),
)

transfer = Table(  # a file that came from or went to a clearinghouse
    "transfer",
    metadata,
    row_number(),
    words("profile"),
    code("direction", 3),  # in, out
    words("name"),  # over there
    code("digest", 64),
    cents("size"),  # bytes
    words("modified"),  # over there, where it says so
    code("result", 12),  # in: received, known; out: uploaded (not yet renamed), sent
    *recorded(),
    Index(None, "profile", "direction", "name"),
    Index(None, "digest"),
)

bank_deposit = Table(  # a deposit as the bank tells it
    "bank_deposit",
    metadata,
    row_number(),
    to("file"),
    count("number"),  # of its row in the file, from 1
    Column("mark", String(64), nullable=False),  # of its content: the same row again is known
    code("date", 10),
    cents("cents"),
    words("trace"),  # TRN02
    words("originator"),  # TRN03
    words("payer_name"),
    words("detail"),  # JSON: as it came
    *recorded(),
    Index(None, "mark", unique=True),
    Index(None, "trace"),
    Index(None, "date"),
)

night_report = Table(  # what a night run told, and its proof
    "night_report",
    metadata,
    row_number(),
    code("day", 10),  # of the practice
    count("status"),  # exit status
    Column("content", Text, nullable=False),  # JSON
    *recorded(),
    Index(None, "day"),
)
