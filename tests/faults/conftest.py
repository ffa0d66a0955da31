from tests.serving.conftest import model, pipes

__all__ = ["model", "pipes"]
