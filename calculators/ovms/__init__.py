"""What OpenVINO Model Server has in its graphs."""
