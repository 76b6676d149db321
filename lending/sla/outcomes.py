"""What became of a letter, in a sentence: every state of the ledger explains itself.."""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.templatetags.doorstep import shanghai
from lending.sla.models import Alert


def become(letter: Alert, now: datetime) -> str:
    said = {
        Alert.State.SENT: _("邮件服务器已于 %(sent)s 接收,尚无送达回执。"),
        Alert.State.DELIVERED: _("%(reported)s 的回执:已进入收件人邮箱。"),
        Alert.State.BOUNCED: _(
            "%(reported)s 的回执:未能送达,%(report)s。可核对邮箱后重发;到下一级时仍会提醒。"
        ),
        Alert.State.GIVEN_UP: _("试了 %(attempts)d 次都被拒收,已放弃:%(error)s。核对邮箱后可重发。"),
        Alert.State.DROPPED: _("发出之前时限已办结或到期时间已变,无需再发。"),
    }.get(letter.state) or _pending(letter, now)
    if letter.state == Alert.State.SENT and letter.report:
        said = _("邮件服务器已于 %(sent)s 接收;%(reported)s 的回执:%(report)s。")
    return said % {
        "sent": shanghai(letter.sent_at, "long"),
        "reported": shanghai(letter.reported_at, "long"),
        "report": _told(letter.report),
        "attempts": letter.attempts,
        "error": letter.last_error,
        "after": shanghai(letter.send_after, "long"),
    }


def _told(report: str) -> str:
    """What a mail system said, its first word in ours: the action of RFC 3464, 2.3.3."""
    action, _space, rest = report.partition(" ")
    words = {
        "failed": "",
        "delayed": _("暂未送达,仍在投递"),
        "relayed": _("已转交另一邮件系统,不再有回执"),
        "expanded": _("已分发给邮件组"),
    }
    return " ".join(part for part in (words.get(action, action), rest) if part)


def _pending(letter: Alert, now: datetime) -> str:
    if letter.claimed_until and letter.claimed_until > now:
        return _("正在发送。")
    if letter.last_error:
        return _("第 %(attempts)d 次没有发成:%(error)s。%(after)s 以后再试。")
    return _("%(after)s 以后发送。")


def moment_of(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
