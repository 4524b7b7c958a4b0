"""Classifiers: the protocol, softmax regression, the reject rule, checkpoints, export."""
