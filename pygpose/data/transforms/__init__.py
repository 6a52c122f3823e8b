"""Changes of clips and of batches of windows."""
