"""The schema of graphs: MediaPipe's CalculatorGraphConfig."""
