"""What an owner has filled in so far, kept in the session of their own phone: the back button, a reload and a lost
connection lose nothing, and nothing of it ever stands in an address. A draft goes when it has been sent, or with the
session after twelve hours."""

import uuid

from django.forms import Form
from django.http import HttpRequest

from visits.codes.models import Code

DRAFTS, SENT = "declare", "declared"
AT_MOST = 3  # doors; somebody who tries more is no owner filling in a form
LONGEST = 400  # characters of one field


def read(request: HttpRequest, code: Code) -> dict:
    """{"id", "need": {field: text}, "banks": {field: text}}; empty where nothing was filled in."""
    return request.session.get(DRAFTS, {}).get(str(code.pk), {})


def keep(request: HttpRequest, code: Code, step: str, form: Form) -> None:
    """What was typed into the fields of this bound form, and nothing else that was sent along: anybody may send
    megabytes."""
    drafts = request.session.get(DRAFTS, {})
    draft = drafts.pop(str(code.pk), None) or {"id": str(uuid.uuid4())}
    draft[step] = {name: form.data[name][:LONGEST] for name in form.fields if name in form.data}
    for oldest in list(drafts)[: max(0, len(drafts) - AT_MOST + 1)]:
        del drafts[oldest]
    request.session[DRAFTS] = drafts | {str(code.pk): draft}


def sent(request: HttpRequest, code: Code) -> str | None:
    """The id of the form that this phone sent for this door."""
    return request.session.get(SENT, {}).get(str(code.pk))


def finish(request: HttpRequest, code: Code) -> None:
    drafts = request.session.get(DRAFTS, {})
    done = drafts.pop(str(code.pk), {})
    request.session[DRAFTS] = drafts
    request.session[SENT] = request.session.get(SENT, {}) | {str(code.pk): done.get("id")}
