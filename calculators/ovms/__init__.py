"""The node of OpenVINO Model Server's graphs for image generation."""
