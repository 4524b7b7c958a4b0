"""Explanations of a linear model's answer: evidence, counterfactual, pipeline."""
