"""Everything but the page: data, preprocessing, classifiers, evaluation, explanations, training.

Nothing in this package imports Streamlit or ``ui``, and nothing in it says a sentence to a visitor:
``ui`` puts codes and fields into words. Only ``training.tensorflow_steps`` and
``classifier.export`` import TensorFlow.
"""
