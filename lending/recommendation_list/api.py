"""`recommendation-lists/`: issue, list, read."""

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import get_visible, require, visible_to
from accounts.errors import Invalid, NotFound
from accounts.models import Organisation
from accounts.pagination import CursorPage
from accounts.roles import Do
from lending.models import FinancingCase, Recommendation, RecommendationList
from lending.recommendation_list import rules
from lending.recommendation_list.queries import active_banks, lists_seen_by
from lending.recommendation_list.services import issue_list


class ItemToPush(serializers.Serializer):
    case = serializers.CharField(max_length=24)
    bank = serializers.CharField(max_length=32)


class ListToIssue(serializers.Serializer):
    district = serializers.CharField(max_length=32)
    items = ItemToPush(many=True, allow_empty=False, max_length=rules.MAX_ITEMS)


class PushedItem(serializers.ModelSerializer):
    case = serializers.CharField(source="case.number")
    business = serializers.CharField(source="case.business.name")
    bank = serializers.CharField(source="bank.code")
    due_at = serializers.DateTimeField(source="deadline.due_at")

    class Meta:
        model = Recommendation
        fields = ("id", "case", "business", "bank", "pushed_at", "due_at", "state")


class IssuedList(serializers.ModelSerializer):
    district = serializers.CharField(source="district.code")
    issued_by = serializers.CharField(source="issued_by.name")
    items_count = serializers.SerializerMethodField(help_text="Of the items below.")
    items = PushedItem(source="seen_items", many=True)

    class Meta:
        model = RecommendationList
        fields = ("number", "district", "issued_at", "issued_by", "items_count", "digest", "items")

    def get_items_count(self, made: RecommendationList) -> int:
        """Not the column: how many firms went to its competitors is not a bank's business."""
        return len(made.seen_items)


class ListPage(CursorPage):
    ordering = ("-issued_at", "-pk")
    page_size = 20
    max_page_size = 50


class RecommendationLists(ListAPIView):
    """Lists this person may know of, the newest first; an item of another bank is left out."""

    serializer_class = IssuedList
    pagination_class = ListPage
    queryset = RecommendationList.objects.none()

    def get_queryset(self):
        return lists_seen_by(self.request.user)

    @extend_schema(request=ListToIssue, responses={201: IssuedList})
    def post(self, request: Request) -> Response:
        """Issue a list: frozen, pushed, clocks started. All items or none."""
        require(request.user, Do.ISSUE_LIST)
        form = ListToIssue(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        district = Organisation.objects.filter(kind=Organisation.Kind.DISTRICT, code=said["district"]).first()
        if district is None:
            raise Invalid(fields={"district": _("没有这个区。")})
        items = items_of(request.user, said["items"])
        made = issue_list(district=district, items=items, by=request.user, now=timezone.now())
        return Response(IssuedList(lists_seen_by(request.user).get(pk=made.pk)).data, status=201)


class RecommendationListDetail(APIView):
    @extend_schema(responses=IssuedList)
    def get(self, request: Request, number: str) -> Response:
        return Response(
            IssuedList(get_visible(request.user, lists_seen_by(request.user), number=number)).data
        )


def items_of(user, said: list[dict]) -> list[tuple[FinancingCase, Organisation]]:
    """Numbers and codes as rows; what the person may not see is not there, and the refusal says which item it was."""
    numbers, codes = {item["case"] for item in said}, {item["bank"] for item in said}
    cases = {case.number: case for case in visible_to(user, FinancingCase).filter(number__in=numbers)}
    banks = {bank.code: bank for bank in active_banks().filter(code__in=codes)}
    for place, item in enumerate(said):
        if item["bank"] not in banks:
            raise Invalid(fields={f"items.{place}.bank": _("没有这家银行,或已停用。")})
        if item["case"] not in cases:
            raise NotFound(fields={f"items.{place}.case": _("没有找到该办件。")})
    return [(cases[item["case"]], banks[item["bank"]]) for item in said]
