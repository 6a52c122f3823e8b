"""The report that a run or an evaluation leaves."""
