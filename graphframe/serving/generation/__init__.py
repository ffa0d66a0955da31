"""Requests that wait for a graph and run on it, with the images, previews and progress they produce."""
