"""Files from strangers, read without running anything in them, and files of ours, written whole or not at all."""
