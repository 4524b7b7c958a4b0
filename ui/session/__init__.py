"""What a visit remembers, and what can be done with it.

May import components, elements, server and model.
"""
