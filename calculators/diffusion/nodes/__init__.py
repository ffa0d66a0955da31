"""The calculators of diffusion pipelines: request, VAE encoding, denoising, VAE decoding."""
