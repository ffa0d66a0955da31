"""Download models and LoRA adapters from a Hugging Face hub."""
