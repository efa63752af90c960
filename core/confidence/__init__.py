"""How sure an answer is: samples that agree, a local model, a threshold, and what is not answered."""
