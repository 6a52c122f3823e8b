"""To score motions against the true ones, and to evaluate models: to lift clips and score what comes out."""
