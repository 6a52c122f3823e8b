"""The motion of the embedded synthetic people."""
