"""The HTTP side: a Falcon application that answers as OpenAI's Images API does, and how gunicorn runs it."""
