"""What moves the embedded synthetic people."""
