"""The ledger's tables of what came back. Conventions as in ``tables``.

A payment is one ST..SE of an 835 (RFI 2202), a claim payment one CLP, a line share what it says of
one sent line, a posting one amount of that: ``charge == sum(postings)`` for each line share.
"""

from sqlalchemy import Column, Index, Table, Text, text

from reconcile.ledger.columns import cents, code, count, metadata, recorded, row_number, to, words

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
    words("payment_key", default=None),  # TRN03, TRN02, BPR02, BPR16, usage
    code("digest", 64),  # of ST..SE without control numbers
    words("originator"),  # TRN03
    words("trace"),  # TRN02
    words("method"),  # BPR04
    cents("paid"),  # BPR02
    code("payment_date", 10),  # BPR16
    words("payer_name"),
    words("payer_id"),
    count("claims"),
    cents("claims_paid", required=False),  # sum of CLP04
    cents("provider_adjusted", required=False),  # sum of PLB amounts
    cents("difference", required=False),  # claims_paid - provider_adjusted - paid
    count("complete"),  # 0: no SE, or wrong count or number
    code("state", 10),  # derived: pending, posted, duplicate, incomplete, aside
    words("why"),  # in words, where the state is not posted
    *recorded(),
    Index(None, "file_id", "number", unique=True),
    Index(None, "payment_key"),
    Index(None, "trace"),
    Index(None, "state"),
)

claim_payment = Table(
    "claim_payment",
    metadata,
    row_number(),
    to("remittance"),
    words("payment_key", default=None),
    code("fingerprint", 32),  # of the CLP loop's text, the same whatever the separators
    count("occurrence"),  # how many equal ones stand before it
    count("position"),  # of the CLP in its transaction, ST = 1
    words("control"),  # CLP01
    words("stem"),
    words("status"),  # CLP02
    cents("charge"),
    cents("paid"),
    cents("patient_responsibility", required=False),
    words("payer_control"),  # CLP07
    words("remarks"),  # MOA and MIA, space separated
    words("names"),  # JSON: roles of NM1 that matter later (TT crossover, 74 corrected id)
    cents("difference"),  # charge - adjustments - paid: not explained by the payer
    to("sent_claim", required=False),  # derived, as all below
    words("method"),  # how it was matched
    words("candidates"),  # JSON: control numbers, where ambiguous
    code("state", 10),  # posted, duplicate, unmatched, aside, not posted
    words("why"),
    count("unsettled"),  # 1: later evidence may match it, or match it otherwise
    Column("text", Text),  # its segments, while anything of it is not on a line
    *recorded(),
    Index(None, "payment_key", "fingerprint"),
    Index(None, "remittance_id"),
    Index(None, "sent_claim_id"),
    Index(None, "payer_control"),
    Index(
        "ix_claim_payment_unsettled",
        "stem",
        sqlite_where=text("unsettled = 1"),
        postgresql_where=text("unsettled = 1"),
    ),
)

line_share = Table(
    "line_share",
    metadata,
    row_number(),
    to("claim_payment"),
    to("sent_line"),
    words("method"),
    words("code"),  # adjudicated, SVC01
    words("modifiers"),
    cents("charge"),
    cents("paid"),
    words("units"),  # paid units, empty where not said
    words("remarks"),
    cents("allowed", required=False),  # AMT*B6
    words("bundled_into"),  # control of the line paid in its place
    Index(None, "claim_payment_id"),
    Index(None, "sent_line_id"),
)

posting = Table(
    "posting",
    metadata,
    row_number(),
    to("line_share"),
    code("kind", 10),  # paid, adjustment
    words("group"),  # CAS01, empty for paid
    words("reason"),  # CARC, empty for paid
    cents("cents"),
    words("quantity"),
    Index(None, "line_share_id"),
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
