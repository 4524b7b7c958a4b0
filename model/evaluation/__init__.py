"""Metrics, calibration, and the comparison of two models."""
