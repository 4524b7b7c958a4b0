"""One folder for each part of the page that has JavaScript of its own.

A component may import model and shared, and knows no session: what a click does is handed to it.
"""
