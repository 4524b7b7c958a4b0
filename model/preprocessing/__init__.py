"""From a picture of ink to a model's features."""
