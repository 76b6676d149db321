"""The beat table: everything that happens by the clock, in one place.

Beat only ticks. What is due is decided by columns in the database, so a lost tick makes things late, never lost.
`expires` is shorter than the period: after an outage one tick runs, not the backlog of ticks.
"""

from celery.schedules import crontab

from config import env

env.read_dotenv()
# Seconds between two sweeps; letters are sent twice as often.
TICK = float(env.number("SWEEP_SECONDS", 60, low=2, high=300))

SCHEDULE = {
    "recompute-deadlines": {  # reads one row per year unless somebody has changed the calendar
        "task": "lending.recompute_deadlines",
        "schedule": 60.0,
        "options": {"expires": 55.0},
    },
    "sweep-deadlines": {
        "task": "lending.sweep_deadlines",
        "schedule": TICK,
        "options": {"expires": TICK * 0.9},
    },
    "send-alerts": {
        "task": "lending.send_alerts",
        "schedule": TICK / 2,
        "options": {"expires": TICK * 0.45},
    },
    "read-delivery-reports": {
        "task": "lending.read_delivery_reports",
        "schedule": 300.0,
        "options": {"expires": 290.0},
    },
    "hand-out-imports": {
        "task": "visits.hand_out_imports",
        "schedule": 60.0,
        "options": {"expires": 55.0},
    },
    "hand-out-codes": {
        "task": "visits.hand_out_codes",
        "schedule": 60.0,
        "options": {"expires": 55.0},
    },
    "purge-expired": {
        "task": "lending.purge_expired",
        "schedule": 24 * 3600.0,
        "options": {"expires": 12 * 3600.0},
    },
}
# At a time of day in Shanghai. A period would count from the start of beat, and never end where beat is often replaced.
AT = {"purge-expired": crontab(hour=3, minute=40)}
