"""未授信原因 as domain.md 4 lists them: who can help, what to do, whether it can be repaired, what the owner reads."""

from lending.bank_decision.models import DeclineReason

# code, name, department, remedy, repairable, what the owner reads
REASONS = (
    ("R01", "企业征信逾期或不良", "银行、人民银行", "结清后申请更新征信", True, "企业有逾期未还的借款。结清后请银行更新记录,再提出申请。"),
    ("R02", "法定代表人或实控人个人征信", "本人", "结清逾期,消除误记", True, "经营者个人征信有逾期。可先查询本人征信报告,结清或更正后再申请。"),
    ("R03", "欠税或纳税信用低", "税务局", "补缴并更新纳税信用", True, "纳税记录有欠缴或迟缴。到税务部门补缴并更新后,通常几天即可再申请。"),
    ("R04", "行政处罚未处理或未修复", "市场监管局、信用办", "办理信用修复", True, "有行政处罚尚未处理完。履行后可申请信用修复,修复后再申请。"),
    ("R05", "经营异常名录或未年报", "市场监管局", "补报年报,申请移出", True, "企业在经营异常名录。补报年报并申请移出后再申请。"),
    ("R06", "涉诉、被执行或失信", "法院", "视案件进展", False, "有未了结的诉讼或执行案件。案件了结后可再申请。"),
    ("R07", "缺抵押或担保", "政策性担保机构", "对接政策性担保、知识产权质押", True, "缺少担保。专班可协助对接政策性担保。"),
    ("R08", "财务不规范或流水不足", "区级专班、银行", "财务辅导,归集结算流水", True, "经营流水或账目不足以支持申请金额。可把日常结算集中到一家银行,几个月后再申请。"),
    ("R09", "负债过高或多头借贷", "银行", "降低负债", False, "现有借款偏多。归还一部分后再申请。"),
    ("R10", "经营年限短", "人社局、银行", "首贷产品、创业担保贷款", True, "经营时间较短。可以申请创业担保贷款或首贷产品。"),
    ("R11", "经营下滑或亏损", "区级专班", "联合会诊", True, "近期经营下滑。专班可组织会诊,帮助找到合适的产品。"),
    ("R12", "行业限制或环评许可缺失", "生态环境局", "补办许可", True, "缺少行业或环保许可。补办后再申请。"),
    ("R13", "用途不符", "企业", "修改用途后重报", True, "申请的用途不符合规定。改为本企业经营用途后可再申请。"),
    ("R14", "材料不全未补", "企业", "补齐材料", True, "材料没有补齐。补齐后可再申请。"),
    ("R15", "需求不真实或企业放弃", "走访单位", "核实需求", False, "银行反映企业不再需要融资。如有误,请联系专班。"),
    ("R16", "失联或地址不符", "走访单位", "核实联系方式与地址", True, "银行没有联系上您。请核对电话和地址后再申请。"),
    ("R17", "额度、期限或价格未谈成", "银行", "改推其他银行", True, "额度、期限或利率没有谈成。可以改向其他银行申请。"),
    ("R18", "超出该行区域或客群", "区级专班", "改推其他银行", True, "这家银行暂不办理本类客户。可以改向其他银行申请。"),
    ("R99", "其他", "银行", "", False, "其他原因,详见说明。"),
)  # fmt: skip
MIN_TEXT_OTHER = 20  # characters; "其他" must say what


def load() -> None:
    for code, name, department, remedy, is_repairable, owner_text in REASONS:
        facts = {
            "name": name, "department": department, "remedy": remedy, "is_repairable": is_repairable,
            "owner_text": owner_text, "min_text_length": MIN_TEXT_OTHER if code == "R99" else 0,
        }  # fmt: skip
        DeclineReason.objects.get_or_create(code=code, defaults=facts)
