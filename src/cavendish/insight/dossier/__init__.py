"""A request for higher limits, written from the ledger: what was asked, seen, projected, judged."""
