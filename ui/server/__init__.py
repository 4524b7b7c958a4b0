"""What all visitors share, and the connection to them.

May import components and model.
"""
