"""The doors: settings, audit, services (use cases), command line and HTTP."""
