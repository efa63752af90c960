"""A prompt, or a draft of one, measured on rows outside of any run."""
