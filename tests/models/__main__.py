"""``python -m tests.models NAME`` prints the folder of a test model."""

import sys

from tests.models import model_path

sys.stdout.write(f"{model_path(sys.argv[1])}\n")
