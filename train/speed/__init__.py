"""What the benchmark measures, a table a file; the classic formulations, and how time and memory are measured."""
