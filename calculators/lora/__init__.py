"""LoRA: low-rank changes to the layers of models, read from safetensors files."""
