"""The connections of clients: gunicorn's worker, with limits of time and number, and an orderly end."""
