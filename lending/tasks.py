"""Table of contents, in workflow order. A task is two lines: read the clock, call the service."""

from lending.sla.tasks import purge_expired, recompute_deadlines, send_alerts, sweep_deadlines

__all__ = ["recompute_deadlines", "sweep_deadlines", "send_alerts", "purge_expired"]
