"""X12 to values and back. No I/O, no clock, no database, no logging."""
