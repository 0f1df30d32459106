"""The ledger's tables of what came back. Conventions as in ``tables``.

A payment is one ST..SE of an 835 (RFI 2202), a claim payment one CLP, a line share what it says of
one sent line, a posting one amount of that: ``charge == sum(postings)`` for each line share.
"""

from sqlalchemy import Column, Index, String, Table, Text

from reconcile.ledger.columns import (
    OF,
    Number,
    cents,
    code,
    count,
    key_of,
    metadata,
    of,
    recorded,
    row_number,
    to,
    words,
)

remittance = Table(
    "remittance",
    metadata,
    row_number(),
    to("file"),
    count("number"),  # of the transaction in its file, from 1
    words("interchange_control"),  # ISA13
    words("group_control"),  # GS06
    words("transaction_control"),  # ST02
    code("usage", 1),
    words("payment_key", default=None),  # JSON: TRN03, TRN02, BPR02, BPR16, usage
    Column("payment_id", Number, nullable=False),  # the first remittance of that key
    code("digest", 64),  # of ST..SE without control numbers
    words("originator"),  # TRN03
    words("trace"),  # TRN02
    words("method"),  # BPR04
    cents("paid"),  # BPR02
    code("payment_date", 10),  # BPR16, empty where missing
    words("payer_name"),
    words("payer_ids"),  # JSON: N104, REF, TRN03 ...
    count("complete"),  # 0: no SE, or wrong count or number
    count("claims"),  # derived, as all below
    cents("claims_paid", required=False),  # sum of CLP04
    cents("provider_adjusted", required=False),  # sum of PLB amounts
    cents("difference", required=False),  # claims_paid - provider_adjusted - paid
    code("state", 10),  # pending, posted, duplicate, incomplete, aside, replaced, undone
    words("why"),  # in words, where the state is not simply posted
    words("origin"),  # hand: entered by a person; empty: an 835
    *recorded(),
    Index(None, "origin"),
    Index(None, "payment_date"),
    Index(None, "file_id", "number", unique=True),
    Index(None, "payment_key"),
    Index(None, "trace"),
    Index(None, "state"),
)

claim_payment = Table(
    "claim_payment",
    metadata,
    row_number(),
    of("remittance"),
    Column("payment_id", Number, nullable=False),
    code("fingerprint", 32),  # of the CLP loop's text, the same whatever the separators
    count("occurrence"),  # how many equal ones of the payment stand before it
    count("position"),  # of the CLP in its transaction, ST = 1
    words("control"),  # CLP01
    words("status"),  # CLP02
    cents("charge"),
    cents("paid"),
    cents("patient_responsibility", required=False),
    words("payer_control"),  # CLP07
    words("remarks"),  # MOA and MIA, space separated
    cents("difference"),  # charge - adjustments - paid: what the payer's own figures leave open
    of("sent_claim", required=False),  # derived, as all below
    words("method"),  # how it was matched
    words("payer"),  # who paid: see Adjudication.payer
    words("rank"),  # P, S, T
    cents("beside_lines"),  # Adjudication.difference: paid, but on no line
    words("candidates"),  # JSON: control numbers, where ambiguous
    code("state", 10),  # posted, unmatched, parked, aside, not posted, superseded
    words("why"),
    words("notes"),  # JSON: what a person should know of how it was read
    words("unmatched_lines"),  # JSON: lines that fit no sent line for certain
    Column("segments", Text),  # JSON, kept while anything of it is not on a sent line
    of("run"),
    code("recorded_at", 20),
    Index(None, "payment_id", "fingerprint"),
    Index(None, "remittance_id"),
    Index(None, "sent_claim_id"),
    Index(None, "payer_control"),
)

awaiting = Table(  # keys by which new evidence finds what is unmatched or weakly matched
    "awaiting",
    metadata,
    key_of("claim_payment"),
    Column("kind", String(10), primary_key=True),  # stem, line, payer; names: see ``named``
    Column("value", Text, primary_key=True),
    Index(None, "value"),
)

line_share = Table(
    "line_share",
    metadata,
    row_number(),
    of("claim_payment"),
    of("sent_line"),
    words("method"),
    words("code"),  # adjudicated, SVC01
    words("modifiers"),
    cents("charge"),
    cents("paid"),
    words("units"),  # paid units, empty where not said
    words("adjustments"),  # JSON: [[group, reason, cents, quantity], ...]; see ``rows``
    words("remarks"),
    cents("allowed", required=False),  # AMT*B6
    words("bundled_into"),  # control of the line paid in its place
    cents("not_explained"),
    Index(None, "claim_payment_id"),
    Index(None, "sent_line_id"),
)

posting = Table(  # every cent of a matched claim payment: on a line, or on the claim alone
    "posting",
    metadata,
    row_number(),
    of("claim_payment"),
    of("line_share", required=False),
    code("kind", 13),  # paid, adjustment, not explained
    words("group"),  # CAS01, empty for paid
    words("reason"),  # CARC, empty for paid
    cents("cents"),
    Index(None, "claim_payment_id"),
)

provider_adjustment = Table(  # one pair of a PLB; never on a claim
    "provider_adjustment",
    metadata,
    row_number(),
    to("remittance"),
    count("position"),
    words("provider"),
    words("fiscal_date"),
    words("reason"),
    words("reference"),
    cents("cents"),
    Index(None, "remittance_id"),
    Index(None, "reference"),
)

problem = Table(
    "problem",
    metadata,
    row_number(),
    to("file"),
    to("remittance", required=False),
    words("code"),
    words("level"),
    words("message"),
    words("standard"),
    words("place"),  # JSON
    words("value"),
    *recorded(),
    Index(None, "file_id"),
)

for _table in (
    claim_payment,
    awaiting,
    line_share,
    posting,
):  # parents first, wherever all is walked
    for _column in _table.columns:
        if OF in _column.info:
            _table.add_is_dependent_on(metadata.tables[_column.info[OF]])
