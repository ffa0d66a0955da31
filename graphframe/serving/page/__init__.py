"""The static files of the page at ``/``: a playground, and the graph of the model while it works.

The page loads nothing from other hosts, and uses the same API as all clients.
"""
