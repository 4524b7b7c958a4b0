"""Arrays in; pictures, charts and boxes out.

An element knows neither session nor server, and no other element.
"""
