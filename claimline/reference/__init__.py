"""Reference tables a user imports: code pairs, unit limits, fees, localities, diagnoses.

They live in an SQLite database of their own, never in the ledger: what is in it can be imported
again at any time. ``sheets`` opens files, ``importers`` know what they are, ``load`` takes them in,
``lookup.Tables`` answers what the mapper asks.
"""
