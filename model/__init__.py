"""Inkling's model: softmax regression on 28 × 28 pictures of digits, and all that feeds it.

Nothing below this package imports Streamlit or ``ui``; only ``training`` and ``export`` import
TensorFlow.
"""
