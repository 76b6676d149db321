"""补件暂停 on the bank's page of a recommendation: ask for it, take it back, go on before its time, 材料齐全."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import get_visible, may
from accounts.errors import Refusal
from accounts.models import User
from accounts.roles import Do
from lending.bank_decision import services
from lending.bank_decision.deciding import BEFORE_ANSWER
from lending.bank_decision.forms import ResumeForm, SuspensionForm
from lending.models import Recommendation, Suspension
from lending.sla import suspending, suspensions


class PausePages:
    """Mixed into `CasePages`, whose `open`, `show` and `url` it uses."""

    def pause(self, row: Recommendation, user: User, now: datetime) -> dict:
        """What the card shows. `left` are the days that may still be asked for; the services decide again."""
        told = suspensions.of(row.deadline)
        current = next((one for one in told if one.state in suspensions.OPEN), None)
        decides = may(user, Do.DECIDE) and row.state in BEFORE_ANSWER and row.deadline.stopped_at is None
        left = suspending.days_left(row.deadline) if decides else 0
        return {
            "all": told, "current": current, "left": left,
            "may_ask": decides and current is None and left > 0 and now < row.deadline.due_at
            and row.documents_complete_at is None,
            "may_take_back": decides and current is not None and current.state == Suspension.State.ASKED,
            "may_end": decides and current is not None and current.state == Suspension.State.GRANTED,
            "may_complete": decides and (row.documents_complete_at is None or current is not None),
        }  # fmt: skip

    def suspend(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.open(request, pk, Do.DECIDE)
        form = SuspensionForm(request.POST or None, prefix="pause", left=suspending.days_left(row.deadline))
        if request.method == "POST" and form.is_valid():
            try:
                services.ask_suspension(
                    recommendation=row, by=request.user, now=timezone.now(), **form.cleaned_data
                )
                said = _("已向区级工作专班申请补件暂停,同意之前照常计时。")
                self.message_user(request, said, messages.SUCCESS)
                return HttpResponseRedirect(self.url("change", row) + "#pause")
            except Refusal as refusal:
                form.refuse(refusal.fields, str(refusal.sentence))
        status = 200 if request.method == "GET" else 400
        return self.show(request, row, status=status, pause_form=form)

    def take_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        def deed(row: Recommendation, one: Suspension, now: datetime) -> str:
            suspending.take_back(suspension=one, by=request.user, now=now)
            return _("已撤回补件暂停申请。")

        return self._to_one(request, pk, deed)

    def resume(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.open(request, pk, Do.DECIDE)
        form = ResumeForm(request.POST or None, prefix="resume")
        if request.method == "POST" and not form.is_valid():
            return self.show(request, row, status=400, resume_form=form)

        def deed(row: Recommendation, one: Suspension, now: datetime) -> str:
            suspending.end(suspension=one, why=form.cleaned_data["why"], by=request.user, now=now)
            return _("已提前恢复计时。")

        return self._to_one(request, pk, deed)

    def complete(self, request: HttpRequest, pk: int) -> HttpResponse:
        def deed(row: Recommendation, now: datetime) -> str:
            services.complete_documents(recommendation=row, by=request.user, now=now)
            return _("已登记材料齐全。")

        return self._pressed(request, pk, deed)

    def _to_one(self, request: HttpRequest, pk: int, deed) -> HttpResponse:
        """`deed(row, suspension, now)` on the suspension that the page showed."""

        def do(row: Recommendation, now: datetime) -> str:
            shown = request.POST.get("suspension", "")
            one = get_visible(request.user, Suspension, pk=shown, deadline=row.deadline_id)
            return deed(row, one, now)

        return self._pressed(request, pk, do)

    def _pressed(self, request: HttpRequest, pk: int, do) -> HttpResponse:
        row = self.open(request, pk, Do.DECIDE)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            self.message_user(request, do(row, timezone.now()), messages.SUCCESS)
        except Refusal as refusal:
            self.message_user(request, str(refusal.sentence), messages.ERROR)
        return HttpResponseRedirect(self.url("change", row) + "#pause")
