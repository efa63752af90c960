"""Named versions of a dataset: made, compared, tuned on and scored by."""
