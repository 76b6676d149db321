from django.core.management.base import BaseCommand

from accounts.models import Organisation
from accounts.organisations import SHANGHAI, import_organisations
from lending.bank_decision import reference as decline_reasons
from lending.district_review import reference as criteria
from lending.sla import reference as deadlines
from visits.consent import reference as notices
from visits.protection import reference as protection
from visits.register import reference as lists

STEPS = (lists.load, notices.load, protection.load, criteria.load, decline_reasons.load, deadlines.load)


class Command(BaseCommand):
    help = "Load the reference data that the product starts with; what is there already stays as it is."

    def handle(self, **options) -> None:
        if not Organisation.objects.exists():  # another city has imported its own
            with SHANGHAI.open(encoding="utf-8") as lines:
                import_organisations(lines)
        for load in STEPS:
            load()
