"""What came back against what was sent: match, balance, post, explain. Pure, but for ``ledger``."""
