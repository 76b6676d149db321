"""Measurements. `python -m bench [GROUP]`; each figure stands beside a yardstick measured in the same run."""
