"""What stands on one printed code, on paper from the browser and in PDF sheets alike."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.language import in_chinese
from accounts.templatetags.doorstep import shanghai
from visits.codes import images, rules
from visits.codes.models import Code


@dataclass(frozen=True)
class Label:
    """Its words are Chinese whatever the language of the screen: shop owners read them."""

    kind: str
    url: str
    short: str
    name: str
    line: str
    version: int
    expires_at: datetime

    @property
    def svg(self) -> SafeString:
        return images.qr_svg(self.url)

    @property
    def heading(self) -> str:
        with in_chinese():
            return {
                "business": _("小微企业融资走访"), "officer": _("走访人员工作码"), "grid": _("小微企业融资走访 · 网格"),
            }[self.kind]  # fmt: skip

    @property
    def promise(self) -> str:
        with in_chinese():
            if self.kind == "officer":
                return _("扫码核验走访人员 · 服务免费 · 不与中介合作")
            return _("服务免费 · 不与中介合作 · 推荐不等于承诺放贷")

    @property
    def validity(self) -> str:
        with in_chinese():
            facts = {"version": self.version, "day": shanghai(self.expires_at, "day")}
            return _("第%(version)s版 · %(day)s前有效") % facts


def label_of(code: Code) -> Label:
    """Asks for nothing where the code came with `queries.SUBJECTS`."""
    if code.business:
        name, line = code.business.name, code.business.address
    elif code.officer:
        place = code.officer.organisation.name if code.officer.organisation else ""
        name, line = code.officer.name, f"{place} {code.officer.staff_number}".strip()
    else:
        name, line = code.grid.name, f"{code.grid.district.name} {code.grid.code}"
    return Label(
        kind=code.kind, url=rules.url_for(code.secret), short=rules.short_code(rules.token_for(code.secret)),
        name=name, line=line, version=code.version, expires_at=code.expires_at,
    )  # fmt: skip
