"""`cascade`, and cascade files where `evaluate` and `classify` take a prompt."""
