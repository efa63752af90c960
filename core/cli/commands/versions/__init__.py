"""The command `versions`."""
