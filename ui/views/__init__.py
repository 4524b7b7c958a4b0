"""One module for each view.

A view may import panels, session, components, elements, server and model, never another view.
"""
