"""The application: command line, settings, files, sandbox payer. All that touches the world."""

__all__ = ["__version__"]

__version__ = "0.1.0"
