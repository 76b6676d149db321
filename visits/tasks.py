"""Table of contents, in workflow order. A task is two lines: read the clock, call the service."""

from visits.register.tasks import import_register

__all__ = ["import_register"]
