"""The training program: runs, reports, benchmarks."""
