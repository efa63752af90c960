"""The version of Whetstone: in reports, over HTTP, on Settings."""

__version__ = "0.1.0"
