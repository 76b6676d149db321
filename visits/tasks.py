"""Table of contents, in workflow order. A task is two lines: read the clock, call the service."""

from visits.codes.batches.tasks import hand_out_codes, work_off_codes
from visits.register.tasks import hand_out_imports, import_register

__all__ = ["hand_out_imports", "import_register", "hand_out_codes", "work_off_codes"]
