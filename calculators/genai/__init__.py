"""Whole pipelines of openvino_genai, each as one node."""
