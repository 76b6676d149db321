"""`/letters/`: one's own letters, for everyone signed in. `/letters/unsubscribe/…/`: what a mail links to, for whoever
has the mail; a GET changes nothing, because mail programs open links on their own."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.clock import day_of
from accounts.errors import Invalid, NotFound
from accounts.models import User
from accounts.roles import HOME, Role
from lending.sla.kinds import Step
from lending.sla.letters import queries, services, tokens
from lending.sla.letters.forms import WHAT, LettersForm


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letters(request: HttpRequest) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    form = LettersForm(sent, person=request.user, today=day_of(timezone.now()))
    if form.is_valid() and _is_kept(form, request.user):
        messages.success(request, _("已保存。之后发给您的提醒按此办理。"))
        return redirect("letters")
    return render(
        request, "lending/sla/letters.html", _context(request.user, form), status=400 if form.errors else 200
    )


@csrf_exempt  # RFC 8058: the mail program posts, without cookies
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    read = tokens.read(token)
    person = read and User.objects.filter(pk=read[0]).first()
    if person is None:
        raise NotFound()
    is_done = request.method == "POST"
    if is_done:
        services.unsubscribe(user=person.pk, steps=read[1])
    with translation.override(_language(request, person)):
        context = {"is_done": is_done, "letters": _letters(read[1])}
        return render(request, "lending/sla/unsubscribe.html", context)


def _is_kept(form: LettersForm, person: User) -> bool:
    said = form.cleaned_data
    try:
        services.set_letters(
            by=person, language=said["language"], away_from=said["away_from"], away_until=said["away_until"],
            substitute=said["substitute"], muted=form.muted(), now=timezone.now(),
        )  # fmt: skip
    except Invalid as refusal:
        for field, sentence in refusal.fields.items():
            form.add_error(field, sentence)
        return False
    return True


def _context(person: User, form: LettersForm) -> dict:
    is_officer = person.role == Role.FIELD_OFFICER
    return {
        "form": form,
        "base": "base_phone.html" if is_officer else "base_desk.html",
        "tab": "me" if is_officer else "",
        "back_url": "/m/me/" if is_officer else HOME[person.role],
        "has_colleagues": form.fields["substitute"].queryset.exists(),
        "stood_in_for": queries.stood_in_for(person, day_of(timezone.now())),
    }


def _letters(steps: list[Step]) -> list[str]:
    return [str(WHAT[step]) for step in steps if step in WHAT]


def _language(request: HttpRequest, person: User) -> str:
    """That of the mail, unless another was chosen on this device."""
    is_chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    return translation.get_language() if is_chosen else person.letters_language or settings.LANGUAGE_CODE
