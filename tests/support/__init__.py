"""What tests share: servers, a browser, drawing, visitors without a browser, specimens.

Tests import helpers from here only, never from one another (`tests/test_architecture.py`).
"""
