"""What an owner says without an account, and when it is whole. No database here."""

import hashlib
import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from visits.consent.rules import LOOKUP
from visits.field.rules import ConsentSaid, NeedSaid

MAX_TEXT = 1000  # characters of a report, a complaint, an answer
MAX_CONTACT = 60
MAX_BANKS = 3
QUIET_MONTHS = (1, 3, 6, 12)
BANKS_IN_VAIN = gettext_lazy(
    "您勾选了银行,请同时勾选“向所列银行提供融资需求”;不想提供给银行,请不要勾选银行。"
)


@dataclass(frozen=True)
class DeclarationSaid:
    """A need that an owner declares alone, or mends behind the link of a case; the id comes with the form."""

    id: UUID
    need: NeedSaid
    consent: ConsentSaid

    def digest(self) -> str:
        """The same for the same content; the id is not part of it."""
        said = asdict(self)
        del said["id"]
        return _digest(said)


@dataclass(frozen=True)
class ReportSaid:
    id: UUID
    text: str
    contact: str = ""


def problems_of_need(need: NeedSaid) -> dict[str, str]:
    """What an owner's own need lacks: nobody comes back to ask, so that it has to be whole."""
    found: dict[str, str] = {}
    if need.amount_yuan is None:
        found["need.amount_yuan"] = _("请填写需求金额。")
    if not need.purpose:
        found["need.purpose"] = _("请选择用途。")
    if not need.contact_phone:
        found["need.contact_phone"] = _("请填写联系电话,工作专班要据此与您核实。")
    return found


def problems_of_consent(consent: ConsentSaid) -> dict[str, str]:
    found: dict[str, str] = {}
    if not consent.scopes:
        found["consent.scope"] = _("请至少勾选一项同意的事项。")
    if not consent.recipients and LOOKUP not in consent.scopes:  # a lookup names the team by itself
        found["consent.recipients"] = _("请至少勾选一个接收方。")
    if not consent.signed_name.strip():
        found["consent.signed_name"] = _("请填写签署人姓名。")
    return found


def digest_of_form(form_id: UUID | None, said: NeedSaid | ConsentSaid) -> str:
    """By which a form that is sent twice is known; changed on the way back it is another one. Empty where it brought no
    id."""
    return _digest({"id": form_id, "said": asdict(said)}) if form_id else ""


def _digest(said: dict) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=_spell).encode()).hexdigest()


def _spell(value: object) -> str:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)
