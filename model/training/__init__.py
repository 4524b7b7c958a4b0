"""Training: its data, gradient descent, its result."""
