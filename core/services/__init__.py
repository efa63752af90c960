"""A desk a topic: where the store and the functions below it come together for pages, command line and
HTTP."""
