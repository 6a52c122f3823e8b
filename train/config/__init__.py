"""What a run is told, and what it finds around it."""
