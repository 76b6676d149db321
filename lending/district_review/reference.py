"""参考口径 of the five criteria, as public manuals word them (domain.md 2.1); districts may add their own rows."""

from datetime import date

from lending.district_review.models import Criterion, CriterionGuide

FROM = date(2024, 10, 15)
GUIDES = {
    Criterion.COMPLIANT_OPERATION: (
        "依法登记并存续,不在经营异常名录和严重违法失信名单;须许可的行业持有有效许可;近期有纳税、社保或经营活动。",
        "登记状态、纳税申报、走访照片",
    ),
    Criterion.FIXED_PREMISES: (
        "有实际经营地址,与走访地点一致;网络经营的以平台店铺为准。",
        "租约或产权、水电费、走访定位",
    ),
    Criterion.GENUINE_NEED: (
        "需求由企业主本人提出并确认,金额与经营规模相称。",
        "订单或合同、企业主签字、回访",
    ),
    Criterion.GOOD_CREDIT_STANDING: (
        "无失信被执行、重大行政处罚和欠税未处理情形;有瑕疵的已修复或已说明。",
        "信用查询结果、信用修复证明",
    ),
    Criterion.LAWFUL_PURPOSE: (
        "用于本主体生产经营;不得流入房地产、股市、理财、转贷或偿还他人债务。",
        "采购合同、用途声明",
    ),
}


def load() -> None:
    for criterion, (text, hint) in GUIDES.items():
        facts = {"text": text, "evidence_hint": hint}
        CriterionGuide.objects.get_or_create(
            criterion=criterion, district=None, effective_from=FROM, defaults=facts
        )
