"""Reads of the review. Never writes."""

from datetime import date

from django.db.models import Q

from accounts.models import Organisation, User
from lending.case import FinancingCase
from lending.models import CriterionGuide
from visits.models import Visit


def has_visited(case: FinancingCase, user: User) -> bool:
    """Whether `user` made any visit of this case, annulled ones included: having been there is what matters."""
    of_the_case = Q(case_number=case.number) | Q(pk=case.origin_visit_id)
    return Visit.objects.filter(of_the_case, officer=user).exists()


def guides(district: Organisation, on: date) -> dict[str, CriterionGuide]:
    """参考口径 in force on a day, by criterion: the district's own before the city's, the newer before the older."""
    rows = CriterionGuide.objects.filter(
        Q(district=district) | Q(district__isnull=True), effective_from__lte=on
    ).order_by("effective_from")
    by_rank = sorted(rows, key=lambda guide: (guide.district_id is not None, guide.effective_from))
    return {guide.criterion: guide for guide in by_rank}
