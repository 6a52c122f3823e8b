"""Metrics of what a model predicts."""
