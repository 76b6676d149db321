"""What each outcome asks on top, and how it reads in the note. Every answer is optional, most are one tap.

Words and not columns: nothing is counted by them, and whoever comes next reads them where they look anyway. With
JavaScript the phone writes the same sentence (static/visit-form.js), so that a visit kept without network is complete.
"""

from django import forms
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from visits.field.models import Visit

MAX_NOTE = 500
Outcome = Visit.Outcome


def one_of(label: str, *answers: tuple[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=answers, widget=forms.RadioSelect)


# (field, outcomes that ask for it, how the answer is led in)
ASKED = (
    ("found_there", (Outcome.WRONG_ADDRESS,), _("现场:")),
    ("new_address", (Outcome.WRONG_ADDRESS,), _("新地址:")),
    ("closed_known", (Outcome.CLOSED_DOWN,), _("歇业依据:")),
    ("tried", (Outcome.UNREACHABLE,), _("已尝试:")),
    ("why_refused", (Outcome.REFUSED,), _("原因:")),
    ("come_again", (Outcome.DEFERRED, Outcome.REFUSED), _("再次走访:")),
    ("served_by", (Outcome.ALREADY_SERVED,), _("已授信银行:")),
)  # fmt: skip


class DetailsForm(forms.Form):
    found_there = one_of(
        _("现场是什么情况"), ("other_firm", _("别家在经营")), ("empty", _("空置或锁着")),
        ("registered_only", _("只是注册地址")), ("no_such_place", _("找不到这个地址")),
    )  # fmt: skip
    new_address = forms.CharField(
        label=_("打听到的新地址"), required=False, max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    closed_known = one_of(
        _("怎么知道的"), ("seen", _("现场已关门")), ("owner", _("企业主告知")),
        ("neighbours", _("邻居或物业告知")), ("deregistered", _("已办注销")),
    )  # fmt: skip
    tried = forms.MultipleChoiceField(
        label=_("试过哪些联系方式"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[("door", _("上门无人")), ("phone", _("电话无人接")), ("wrong_number", _("号码不对")),
                 ("message", _("已发短信或微信"))],
    )  # fmt: skip
    why_refused = one_of(
        _("为什么"), ("busy", _("正忙")), ("distrust", _("担心受骗")), ("too_many", _("来访太多")), ("other", _("未说明")),
    )  # fmt: skip
    come_again = one_of(
        _("什么时候再来"), ("week", _("一周后")), ("month", _("一个月后")), ("quarter", _("三个月后")), ("never", _("不用再来")),
    )  # fmt: skip
    served_by = forms.ChoiceField(label=_("已在哪家银行授信"), required=False)

    def sentence(self) -> str:
        """`现场:别家在经营;新地址:…` of what the chosen outcome asks; "" where nothing was answered."""
        outcome, words, said = self.cleaned_data.get("outcome"), self.words(), []
        for name, outcomes, _lead in ASKED:
            given = self.cleaned_data.get(name)
            if outcome in outcomes and given:
                answers = [given] if isinstance(given, str) else given
                told = [words[name]["answers"].get(answer, answer) for answer in answers]
                said.append(words[name]["lead"] + "、".join(told))
        return ";".join(said)

    def note_with_details(self) -> str:
        return ";".join(part for part in (self.sentence(), self.cleaned_data["note"]) if part)

    def words(self) -> dict[str, dict]:
        """{field: {"lead", "answers": {value: words}}} for the note, here and on the phone: in Chinese whatever the
        page speaks, because somebody else reads it."""
        with translation.override("zh-hans"):
            return {
                name: {
                    "lead": str(lead),
                    "answers": {
                        str(value): str(label)
                        for value, label in getattr(self.fields[name], "choices", ())
                        if value
                    },
                }
                for name, _outcomes, lead in ASKED
            }
