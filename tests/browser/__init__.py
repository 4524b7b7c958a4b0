"""Tests that drive a real Chromium against a real server; a package, so that they share it."""
