"""The pages of one recommendation in the admin: what the panel relied on, and the deeds that change it.

Each deed reads its form, makes one service call and answers; a refusal comes back on the page with what was typed."""

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import may, require, visible_to
from accounts.errors import Refusal
from accounts.models import Organisation, User
from accounts.roles import Do
from lending.bank_decision import deciding, queries, rules, services
from lending.bank_decision.admin_pause import PausePages
from lending.bank_decision.forms import (
    BranchForm,
    ContactForm,
    CorrectionForm,
    DecisionForm,
    DisbursementForm,
    ResumeForm,
    SuspensionForm,
    in_yuan,
)
from lending.bank_decision.models import BankDecision
from lending.errors import AlreadyDecided, WrongStage
from lending.models import Recommendation
from lending.sla.chips import linked
from lending.stages import Stage

PAGES = "lending/bank_decision/"


class CasePages(PausePages):
    """Mixed into the inbox. `story` gives the case line, its clocks and the timeline; it lives on a higher floor (lending.progress)."""

    def story(self, row: Recommendation, user: User, now) -> dict:
        return {}

    def get_urls(self) -> list:
        def page(view):
            return self.admin_site.admin_view(view)

        name = f"{self.opts.app_label}_{self.opts.model_name}"
        deeds = (
            "receive", "contact", "reveal", "decide", "correct", "disburse", "allot",
            "suspend", "take_back", "resume", "complete",
        )  # fmt: skip
        own = [path(f"<int:pk>/{deed}/", page(getattr(self, deed)), name=f"{name}_{deed}") for deed in deeds]
        return own + super().get_urls()

    def url(self, page: str, row: Recommendation | None = None) -> str:
        where = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(where, args=[row.pk] if row else [])

    def open(self, request: HttpRequest, pk: int | str, deed: Do | None = None) -> Recommendation:
        """Not visible is 404, visible but not theirs to do is 403."""
        row = self.get_object(request, str(pk))
        if not self.has_view_permission(request, row):
            raise PermissionDenied()
        if deed:
            require(request.user, deed)
        return row

    def change_view(
        self, request: HttpRequest, object_id: str, form_url="", extra_context=None
    ) -> HttpResponse:
        """The page of one recommendation. Nothing is saved here: deeds have addresses of their own."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET"])
        return self.show(request, self.open(request, object_id))

    def history_view(self, request: HttpRequest, object_id: str, extra_context=None) -> HttpResponse:
        """Its history is the timeline."""
        return HttpResponseRedirect(self.url("change", self.open(request, object_id)) + "#timeline")

    def show(self, request: HttpRequest, row: Recommendation, *, status: int = 200, **forms) -> HttpResponse:
        now, user = timezone.now(), request.user
        told = queries.whole_story(row)
        paid = queries.disbursed_yuan(row)
        standing = queries.decision_shown(row)
        rights = self.rights(user, row, standing)
        if rights["contact"] and "contact_form" not in forms:
            forms["contact_form"] = ContactForm(initial={"mode": "phone"}, prefix="contact")
        if rights["disburse"] and "loan_form" not in forms:
            initial = {
                "annual_rate_pct": standing.annual_rate_pct,
                "disbursed_on": rules.day_of(now),
                "seen": paid,
            }
            forms["loan_form"] = DisbursementForm(initial=initial, prefix="loan")
        if rights["allot"]:
            forms["branch_form"] = BranchForm(initial={"branch": row.branch_id}, branches=self.branches(row))
        pause = self.pause(row, user, now)
        if pause["may_ask"]:
            forms.setdefault("pause_form", SuspensionForm(prefix="pause", left=pause["left"]))
        if pause["may_end"]:
            forms.setdefault("resume_form", ResumeForm(prefix="resume"))
        context = {
            **self.frame(request, row), **told, **forms, "pause": pause, **self.story(row, user, now), "rights": rights, "standing": standing,
            "chip": linked(row.deadline, now), "paid": paid,
            "left": standing.credit_line_yuan - paid if queries.is_granted(standing) else None,
        }  # fmt: skip
        return TemplateResponse(request, f"{PAGES}recommendation.html", context, status=status)

    def frame(self, request: HttpRequest, row: Recommendation) -> dict:
        """What every page of a recommendation needs."""
        return {
            **self.admin_site.each_context(request), "row": row, "told": row.snapshot, "title": row.case.business.name,
            "requested": queries.requested_yuan(row), "inbox_url": self.url("changelist"), "here_url": self.url("change", row),
        }  # fmt: skip

    def rights(self, user: User, row: Recommendation, standing: BankDecision | None) -> dict[str, bool]:
        """Which buttons to show; the services decide again when one is pressed."""
        State = Recommendation.State
        decides, before = may(user, Do.DECIDE), row.state in (State.PUSHED, State.RECEIVED, State.CONTACTED)
        is_final = row.state == State.DECIDED and standing and standing.outcome not in BankDecision.DECISIONS
        return {
            "receive": decides and row.state == State.PUSHED,
            "contact": decides and row.state in Recommendation.OPEN,
            "decide": decides and before,
            "correct": may(user, Do.CORRECT_DECISION) and standing is not None and not is_final,
            "disburse": decides
            and row.state == State.DECIDED
            and queries.is_granted(standing)
            and row.case.stage in (Stage.APPROVED, Stage.DISBURSED),
            "allot": may(user, Do.ALLOT) and row.state in Recommendation.OPEN,
        }

    # --- deeds ---
    def receive(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.open(request, pk, Do.DECIDE)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            services.receive(recommendation=row, by=request.user, now=timezone.now())
            self.message_user(
                request, _("已接收:%(name)s。") % {"name": row.case.business.name}, messages.SUCCESS
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal.sentence), messages.ERROR)
        back = request.GET.urlencode()
        return HttpResponseRedirect(f"{self.url('changelist')}?{back}" if back else self.url("change", row))

    def reveal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The whole phone number, for the person who is to call it; who asked is logged."""
        row = self.open(request, pk, Do.DECIDE)
        if request.method != "POST":
            return HttpResponseRedirect(self.url("change", row))
        self.log_change(request, row, _("查看联系电话"))
        return self.show(request, row, phone_shown=True)

    def contact(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.open(request, pk, Do.DECIDE)
        form = ContactForm(request.POST or None, prefix="contact")
        if request.method == "POST" and form.is_valid():
            try:
                services.record_contact(
                    recommendation=row, by=request.user, now=timezone.now(), **form.cleaned_data
                )
                self.message_user(request, _("已记录对接。"), messages.SUCCESS)
                return HttpResponseRedirect(self.url("change", row))
            except Refusal as refusal:
                form.refuse(refusal.fields, str(refusal.sentence))
        status = 200 if request.method == "GET" else 400
        return self.show(request, row, status=status, contact_form=form, is_contact_open=True)

    def disburse(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.open(request, pk, Do.DECIDE)
        form = DisbursementForm(request.POST or None, prefix="loan")
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                services.disburse(
                    recommendation=row, amount_yuan=in_yuan(said["amount_wan"]), annual_rate_pct=said["annual_rate_pct"],
                    disbursed_on=said["disbursed_on"], loan_last4=said["loan_last4"], by=request.user,
                    now=timezone.now(), seen_disbursed_yuan=said["seen"],
                )  # fmt: skip
                self.message_user(request, _("已登记放款。"), messages.SUCCESS)
                return HttpResponseRedirect(self.url("change", row))
            except Refusal as refusal:
                form.refuse(refusal.fields, str(refusal.sentence))
        status = 200 if request.method == "GET" else 400
        return self.show(request, self.open(request, pk), status=status, loan_form=form)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.open(request, pk, Do.DECIDE)
        initial = {"decided_on": rules.day_of(timezone.now())}
        form = DecisionForm(request.POST or None, initial=initial)

        def save(answer: rules.Answer) -> None:
            services.decide(recommendation=row, answer=answer, by=request.user, now=timezone.now())

        return self._answer(request, row, form, save, done=_("决定已登记。"), heading=_("作出授信决定"))

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.open(request, pk, Do.CORRECT_DECISION)
        standing = queries.current_decision(row)
        if standing is None or not self.rights(request.user, row, standing)["correct"]:
            raise WrongStage()
        form = CorrectionForm(
            request.POST or None, initial=CorrectionForm.initial_of(standing) | {"seen": standing.pk}
        )

        def save(answer: rules.Answer) -> None:
            if form.cleaned_data["seen"] != str(standing.pk):
                raise AlreadyDecided()
            services.correct_decision(
                decision=standing, answer=answer, correction_reason=form.cleaned_data["correction_reason"],
                by=request.user, now=timezone.now(),
            )  # fmt: skip

        return self._answer(request, row, form, save, done=_("更正已登记。"), heading=_("更正授信决定"))

    def _answer(self, request: HttpRequest, row, form, save, *, done: str, heading: str) -> HttpResponse:
        """Show the form, or save it; what is refused comes back as it was typed."""
        status, doubts, overtaken_by = 200, {}, None
        if request.method == "POST":
            status = 400
            if form.is_valid():
                answer = form.answer()
                doubts = {} if form.cleaned_data["is_unusual_confirmed"] else self._doubts(row, answer)
                try:
                    if not doubts:
                        save(answer)
                        self.message_user(request, done, messages.SUCCESS)
                        return HttpResponseRedirect(self.url("change", row))
                except AlreadyDecided:
                    status, overtaken_by = 409, queries.current_decision(row)
                except Refusal as refusal:
                    status = refusal.status
                    form.refuse(refusal.fields, str(refusal.sentence))
        context = {
            **self.frame(request, row), "form": form, "heading": heading, "doubts": doubts, "overtaken_by": overtaken_by,
            "chip": linked(row.deadline, timezone.now()), "days_tried": rules.days_tried(queries.attempts(row)),
        }  # fmt: skip
        return TemplateResponse(request, f"{PAGES}decision.html", context, status=status)

    def _doubts(self, row: Recommendation, answer: rules.Answer) -> dict[str, str]:
        """Only of an answer that is otherwise in order: what is wrong is said before what is odd."""
        if deciding.problems(row, answer, now=timezone.now()):
            return {}
        return rules.unusual(answer, queries.requested_yuan(row))

    # --- branches ---
    def branches(self, row: Recommendation) -> QuerySet[Organisation]:
        return Organisation.objects.filter(parent=row.bank_id, kind=Organisation.Kind.BRANCH, is_active=True)

    def allot(self, request: HttpRequest, pk: int) -> HttpResponse:
        row = self.open(request, pk, Do.ALLOT)
        form = BranchForm(request.POST or None, branches=self.branches(row))
        if request.method != "POST" or not form.is_valid():
            return HttpResponseRedirect(self.url("change", row))
        self._allot(request, [row], form.cleaned_data["branch"])
        return HttpResponseRedirect(self.url("change", row))

    def choose_branch(self, request: HttpRequest, rows: QuerySet[Recommendation]) -> HttpResponse | None:
        """The page between ticking rows and giving them to a branch; posts the same action again."""
        branches = visible_to(request.user, Organisation).filter(parent=request.user.bank, is_active=True)
        form = BranchForm(request.POST if "apply" in request.POST else None, branches=branches)
        if form.is_bound and form.is_valid():
            self._allot(request, rows, form.cleaned_data["branch"])
            return None
        context = {
            **self.admin_site.each_context(request), "title": _("分派承办网点"), "rows": rows, "form": form,
            "tick": ACTION_CHECKBOX_NAME, "inbox_url": self.url("changelist"),
        }  # fmt: skip
        return TemplateResponse(request, f"{PAGES}allot.html", context)

    def _allot(self, request: HttpRequest, rows, branch: Organisation | None) -> None:
        now, done = timezone.now(), 0
        for row in rows:
            try:
                services.allot_branch(recommendation=row, branch=branch, by=request.user, now=now)
                done += 1
            except Refusal as refusal:
                self.message_user(request, f"{row.case.business.name}:{refusal.sentence}", messages.WARNING)
        if done:
            where = branch.name if branch else _("总行")
            said = _("已将 %(done)d 笔交由%(where)s办理。") % {"done": done, "where": where}
            self.message_user(request, said, messages.SUCCESS)
