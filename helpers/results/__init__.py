"""What was measured and what it means: ledger, comparisons, claims and verdicts, costs, decisions."""
