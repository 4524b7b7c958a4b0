"""Parts of a view that know the visitor's session: the canvas, the reasons, the models, …

A panel may import session, components, elements, server and model, and other panels.
"""
