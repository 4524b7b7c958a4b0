"""Trainings asked for on the page: their queue, and the process that they run in."""
