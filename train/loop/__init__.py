"""The training loop and the objective that it makes smaller."""
