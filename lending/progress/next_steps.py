"""Where the case is and what comes next, in one plain sentence each: for the owner and for the officer."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.punctuation import listed
from accounts.templatetags.doorstep import shanghai
from lending.bank_decision.outcomes import GRANTED
from lending.models import FinancingCase, Recommendation, Suspension
from lending.stages import Stage

NEEDS_A_BANK = (Stage.RECOMMENDED, Stage.DECLINED)
WORKED_ON = (
    Stage.INTAKE, Stage.AUTHORISED, Stage.UNDER_REVIEW, Stage.RETURNED, Stage.RECOMMENDED, Stage.DECLINED, Stage.IN_REPAIR,
)  # fmt: skip


@dataclass(frozen=True)
class Next:
    """`now` says where it is, `then` what comes next or what to do; `state` colours it."""

    now: str
    then: str
    state: str = "progress"


def for_owner(
    case: FinancingCase,
    *,
    has_bank_left: bool = True,
    may_look_up: bool = True,
    is_all_withdrawn: bool = False,
    waiting: Sequence[Suspension] = (),
) -> Next:
    """`has_bank_left`: a live consent names a bank that has not refused; without one the next step is the owner's.
    `may_look_up`: a consent holds for it; `is_all_withdrawn`: none holds at all, because the owner took them back;
    `waiting`: suspensions during which banks wait for papers."""
    stage = Stage(case.seen_stage)
    said = {
        Stage.INTAKE: Next(_("已收到您的需求"), _("还差融资需求或授权。请在本页补充,或等走访人员上门补齐。"), "soon"),
        Stage.AUTHORISED: Next(_("授权已收到"), _("区级工作专班将查询公共信用信息,然后审核。您暂时不用做什么。")),
        Stage.UNDER_REVIEW: Next(_("区级工作专班正在审核"), _("审核通过后,会推送给您授权的银行。您暂时不用做什么。")),
        Stage.RETURNED: Next(_("需要补充材料"), _("请按下面的说明准备,走访人员会与您联系。"), "soon"),
        Stage.RECOMMENDED: Next(_("审核已通过"), _("专班正在安排推送给您授权的银行。")),
        Stage.WITH_BANK: _waited_for(waiting) or Next(_("银行正在办理"), _("银行会与您联系了解情况,并在期限内答复是否授信。")),
        Stage.APPROVED: Next(_("银行已同意授信"), _("请与银行签订合同,按银行通知办理放款。"), "done"),
        Stage.DISBURSED: Next(_("贷款已发放"), _("祝生意兴隆。请按合同约定还款。"), "done"),
        Stage.DECLINED: Next(_("这次没有获得授信"), _("专班会联系您,商量改向其他银行申请,或先解决下面提到的问题。"), "soon"),
        Stage.IN_REPAIR: Next(_("正在帮您解决问题"), _("专班正与有关部门会诊,解决后可再次推荐。")),
        Stage.NOT_RECOMMENDED: Next(_("没有推荐给银行"), _("原因见下面。情况改变后,可以在下次走访时再提出。"), "late"),
        Stage.CLOSED_UNFUNDED: Next(_("本次办理已结束"), _("没有获得融资。如与实际情况不符,请联系区级工作专班。"), "late"),
        Stage.WITHDRAWN: Next(_("您已撤回申请"), _("银行不会再就此联系您。以后有需要,可以在下次走访时再提出。"), "rest"),
    }  # fmt: skip
    if stage is Stage.WITHDRAWN and (ended := _ended_by_others(case)):
        return ended
    if stage is Stage.RETURNED and case.need.visit_id is None:
        return Next(said[stage].now, _("请按下面的说明修改需求,再提交一次。"), "soon")
    if taken_back := _after_taking_back(stage, said[stage].now, may_look_up, is_all_withdrawn):
        return taken_back
    if not has_bank_left and stage in NEEDS_A_BANK:
        then = _(
            "现在没有可以推送的银行授权。如想继续申请,请在本页选择银行并签署授权,也可以请走访人员上门办理。"
        )
        return Next(said[stage].now, then, "soon")
    return said[stage]


def _ended_by_others(case: FinancingCase) -> Next | None:
    """Where it was not the owner who ended it."""
    if _has(case, "visit_annulled"):
        then = _("走访人员登记有误,已作废;当时签署的授权已同时撤回。以后有需要,可以在下次走访时再提出。")
        return Next(_("办件已撤销"), then, "rest")
    if _has(case, "terminated"):
        return Next(
            _("区级工作专班已终止办理"),
            _("如与实际情况不符,请联系区级工作专班。以后有需要,可以在下次走访时再提出。"),
            "rest",
        )
    return None


def _after_taking_back(stage: Stage, now: str, may_look_up: bool, is_all_withdrawn: bool) -> Next | None:
    """Where a consent is gone that the next step would lean on: that nothing is done, and how to go on."""
    how = _("想继续,请在本页重新签署授权;不想继续,请撤回申请。")
    if is_all_withdrawn and stage in WORKED_ON:
        then = _("现在不查询您的信用信息,也不推送给任何银行,办件停在这里。")
        return Next(_("您已撤回全部授权"), then + how, "soon")
    if is_all_withdrawn and stage is Stage.WITH_BANK:
        then = _(
            "您已撤回全部授权,不会再推送给其他银行。已经推送的银行仍会在期限内答复;要让它们也停止,请撤回申请。"
        )
        return Next(now, then)
    if not may_look_up and stage is Stage.AUTHORISED:
        then = _("区级工作专班不再查询,办件停在这里。")
        return Next(_("您已撤回查询信用信息的授权"), then + how, "soon")
    return None


def _waited_for(waiting: Sequence[Suspension]) -> Next | None:
    if not waiting:
        return None
    banks = listed(one.deadline.bound.name for one in waiting)
    then = _("请在%(until)s前把下面的材料交给银行,等材料期间不计入银行的办理时限。") % {
        "until": shanghai(min(one.until_on for one in waiting), "date")
    }
    return Next(_("%(bank)s在等您补材料") % {"bank": banks}, then, "soon")


def _has(case: FinancingCase, kind: str) -> bool:
    return any(event.kind == kind for event in case.story)


def has_stopped(case: FinancingCase, *, may_look_up: bool, is_all_withdrawn: bool) -> bool:
    """The owner took back what the next step leans on: nobody works on it until they sign again."""
    return (is_all_withdrawn and case.seen_stage in WORKED_ON) or (
        not may_look_up and case.seen_stage == Stage.AUTHORISED
    )


@dataclass(frozen=True)
class Reason:
    """Why something was not granted, in words for the owner, and where to mend it."""

    title: str
    text: str
    where: str = ""


def plain_reasons(case: FinancingCase) -> list[Reason]:
    """What the owner may do something about: why it was returned or not recommended, and each bank's coded refusal in
    the words that the table of reasons keeps for owners; never the text meant for colleagues."""
    stage = Stage(case.seen_stage)
    told = {
        Stage.RETURNED: ("returned", _("需要补充")),
        Stage.NOT_RECOMMENDED: ("not_recommended", _("没有推荐的原因")),
    }
    found = []
    if stage in told:
        kind, title = told[stage]
        event = next((event for event in reversed(case.story) if event.kind == kind), None)
        if event and event.detail.get("reason"):
            found.append(Reason(title, event.detail["reason"]))
    for push in case.pushes:
        for decision in push.in_force if push.state == Recommendation.State.DECIDED else ():
            if decision.reason:
                where = decision.reason.department if decision.reason.is_repairable else ""
                found.append(Reason(push.bank.name, decision.reason.owner_text, where))
    return found


def for_officer(case: FinancingCase, waiting: Sequence[Suspension] = ()) -> Next:
    """`waiting`: the suspensions of the officer's own bank."""
    stage = Stage(case.seen_stage)
    if stage is Stage.WITH_BANK and waiting:
        papers = listed(one.papers for one in waiting)
        return Next(_("银行在等企业补材料"), _("请提醒企业主:%(papers)s。") % {"papers": papers}, "soon")
    if stage is Stage.WITH_BANK and any(d.outcome in GRANTED for push in case.pushes for d in push.in_force):
        stage = Stage.APPROVED
    said = {
        Stage.INTAKE: Next(_("还差需求或授权"), _("请再次走访,补齐。"), "soon"),
        Stage.AUTHORISED: Next(_("等专班查询信用信息"), _("您暂时不用做什么。")),
        Stage.UNDER_REVIEW: Next(_("专班审核中"), _("您暂时不用做什么。")),
        Stage.RETURNED: Next(_("已退回,等您补正"), _("请按下面的原因补齐,再登记一次走访,办件会自动回到专班。"), "soon"),
        Stage.RECOMMENDED: Next(_("已推荐,等推送银行"), _("您暂时不用做什么。"), "done"),
        Stage.WITH_BANK: Next(_("银行办理中"), _("银行在期限内答复是否授信。")),
        Stage.APPROVED: Next(_("银行已授信,等放款"), _("可提醒企业主与银行签约。"), "done"),
        Stage.DISBURSED: Next(_("已放款"), _("办件办结。"), "done"),
        Stage.DECLINED: Next(_("银行未授信"), _("专班将改推其他银行或组织会诊,请留意是否需要再次走访。"), "soon"),
        Stage.IN_REPAIR: Next(_("会诊修复中"), _("专班正与有关部门处理,请留意是否需要再次走访。")),
        Stage.NOT_RECOMMENDED: Next(_("不予推荐"), _("办件办结。企业情况改变后,可再次走访登记。"), "late"),
        Stage.CLOSED_UNFUNDED: Next(_("未获融资"), _("办件办结。"), "late"),
        Stage.WITHDRAWN: Next(_("企业已撤回"), _("办件办结。"), "rest"),
    }  # fmt: skip
    if stage is Stage.WITHDRAWN and _has(case, "visit_annulled"):
        return Next(_("走访已作废,办件已撤销"), _("需要时可重新走访登记。"), "rest")
    if stage is Stage.WITHDRAWN and _has(case, "terminated"):
        return Next(_("专班已终止办件"), _("办件办结。"), "rest")
    return said[stage]
