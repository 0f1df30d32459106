"""The application: command line, settings, files, sandbox payer. All that touches the world."""
