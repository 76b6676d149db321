"""Expected refusals: each has a class, a stable code and a sentence. Anything else is a fault and is logged."""

from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """Something a person asked for and may not have, said in words.

    `code` is stable and documented; `sentence` is what the person reads; `fields` maps a form field to its sentence.
    `is_retryable` where the same request may be granted later: such an answer is not kept for `X-Idempotency-Key`.
    """

    code = "refused"
    status = 400
    sentence = _("此操作无法完成。")
    is_retryable = False

    def __init__(self, sentence: str | None = None, *, fields: dict[str, str] | None = None) -> None:
        self.sentence = sentence or self.sentence
        self.fields = fields or {}
        super().__init__(str(self.sentence))


class NotFound(Refusal):
    """Not there, or not for this person to know of: the two are answered alike."""

    code = "not_found"
    status = 404
    sentence = _("没有找到,或您无权查看。")


class NotAllowed(Refusal):
    """The person sees the thing but their role may not do this to it."""

    code = "not_allowed"
    status = 403
    sentence = _("您的岗位没有此项权限。")


class Invalid(Refusal):
    """What was sent cannot be read or breaks a rule of form; `fields` says where."""

    code = "invalid"
    status = 400
    sentence = _("提交的内容有误,请按提示修改。")


class Conflict(Refusal):
    """Someone or something was faster; reload and look again."""

    code = "conflict"
    status = 409
    sentence = _("内容已被他人更新,请刷新后再试。")


class TooMany(Refusal):
    """Asked too often; `retry_after` says in how many seconds it is worth trying again."""

    code, status, is_retryable = "too_many_requests", 429, True
    sentence = _("操作过于频繁,请稍后再试。")

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__()
