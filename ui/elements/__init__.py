"""Arrays and codes in; pictures, charts, boxes and words out.

An element knows neither session nor server, and no other element; it may import what components
share.
"""
