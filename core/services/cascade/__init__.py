"""A cascade measured for a run's prompt, and at work on texts."""
