"""The first consent notice. A city replaces it by adding a newer version, never by editing this one."""

from datetime import date

from visits.consent.models import ConsentNotice, Scope

VERSION = "2026-01"
TEXT = """一、谁在处理您的信息:本次走访由区级工作专班组织,走访人员所属单位和您在下方勾选的银行参与办理。

二、为了什么:登记您的融资需求,查询与您的经营主体有关的公共信用信息,由区级工作专班按五项标准审核,并推荐给您勾选的银行作出是否授信的决定。

三、用到哪些信息:经营主体登记信息、融资需求、公共信用信息(登记、纳税、社保、行政处罚、司法等)、联系人姓名和电话。不收集身份证号和银行账号。

四、提供给谁:仅提供给您逐一勾选的银行。未勾选的银行看不到您的信息。

五、保存多久:授权有效期一年,到期或办结后按规定删除或匿名化。

六、您的权利:您可以随时在办件进度页撤回授权,撤回后不再查询、不再向新的银行推送;您可以查阅、更正、投诉。不同意不影响您获得其他服务。

七、本服务不收取任何费用,不与任何中介合作。推荐不等于承诺放贷,是否授信由银行自主决定。"""


def load() -> None:
    facts = {
        "title": "信息授权告知书",
        "text": TEXT,
        "scopes": list(Scope),
        "effective_from": date(2024, 10, 15),
    }
    ConsentNotice.objects.get_or_create(version=VERSION, defaults=facts)
