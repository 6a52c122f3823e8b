"""Trained models at work: weights from disk, poses and root paths of whole clips, predictions in files."""
