"""What programs and notebooks use (docs/library.md): `tune` and `evaluate` take labelled texts in whatever form they
are at hand, and give back a result that shows itself."""
