"""Registered capital: `146.2万人民币`, `200(万元人民币)`, `50(万美元)`, `780(万元(港币))` and what else registers write.

The amount is in whole units of its own currency; no exchange rate is ever applied. A text without a currency word is
in yuan, as the registers mean it. What cannot be read for certain stays text: (None, "").
"""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

Capital = tuple[Decimal | None, str]
UNREAD: Capital = (None, "")
LARGEST = Decimal(10) ** 17
CENT = Decimal("0.01")

CURRENCIES = {
    "CNY": "人民币 人民币元 元人民币 元 圆 CNY RMB ¥ ￥",
    "USD": "美元 美金 USD US$ 元美元 元美金",
    "HKD": "港币 港元 港币元 香港元 港圆 HKD HK$ 元港币",
    "MOP": "澳门元 澳门币 MOP",
    "TWD": "台币 新台币 新台币元 台湾元 TWD NTD",
    "JPY": "日元 日圆 日币 JPY",
    "EUR": "欧元 EUR €",
    "GBP": "英镑 GBP £",
    "CHF": "瑞士法郎 CHF",
    "SGD": "新加坡元 新加坡币 新元 坡币 SGD",
    "AUD": "澳大利亚元 澳元 澳币 AUD",
    "CAD": "加拿大元 加元 加币 CAD",
    "NZD": "新西兰元 NZD",
    "KRW": "韩元 韩国元 韩币 韩圆 KRW",
    "THB": "泰铢 泰国铢 THB",
    "MYR": "马来西亚林吉特 林吉特 马来西亚元 马币 MYR",
    "RUB": "卢布 俄罗斯卢布 RUB",
    "INR": "印度卢比 INR",
    "SEK": "瑞典克朗 SEK",
    "NOK": "挪威克朗 NOK",
    "DKK": "丹麦克朗 DKK",
    # No longer money, still in the registers of the nineties.
    "DEM": "德国马克 马克 西德马克 DEM",
    "FRF": "法国法郎 法兰西法郎 FRF",
    "ITL": "意大利里拉 ITL",
    "NLG": "荷兰盾 NLG",
    "BEF": "比利时法郎 BEF",
    "ATS": "奥地利先令 ATS",
    "ESP": "西班牙比塞塔 ESP",
    "FIM": "芬兰马克 FIM",
}
_WORDS = {word.upper(): code for code, words in CURRENCIES.items() for word in words.split()}
_SCALES = {
    "": 1, "百": 100, "千": 1000, "仟": 1000, "万": 10**4, "萬": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7,
    "亿": 10**8, "億": 10**8, "万亿": 10**12,
}  # fmt: skip
_NOISE = re.compile(r"[\s,，()（）\[\]【】]|整$|(?<=[元币])正$")
_SHAPE = re.compile(
    r"([^\d.]{0,12}?)(\d{1,20}(?:\.\d{0,8})?|\.\d{1,8})([百千仟十万萬亿億]{0,2})([^\d]{0,14})"
).fullmatch
_LABEL = re.compile(r"^(?:注册资[本金]|资金数额|出资额|认缴)[:：]?")


def parse(text: str, header_scale: int | None = None) -> Capital:
    """(amount, ISO 4217 code). `header_scale` is what a bare number counts where the column's title says 万元."""
    cleaned = _NOISE.sub("", _LABEL.sub("", unicodedata.normalize("NFKC", text).strip()))
    found = _SHAPE(cleaned) if len(cleaned) <= 60 else None
    if not found:
        return UNREAD
    before, number, scale, after = found.groups()
    currency = _currency(before.upper(), after.upper())
    if not currency or scale not in _SCALES:
        return UNREAD
    factor = _SCALES[scale]
    if header_scale and not (before or scale or after):
        factor = header_scale
    amount = (Decimal(number) * factor).quantize(CENT, ROUND_HALF_UP)
    return (amount, currency) if amount < LARGEST else UNREAD


def _currency(before: str, after: str) -> str:
    """The currency said before or after the number; yuan where none is said; "" where two disagree or one is unknown."""
    if before and after in {"元", "圆"}:  # 美元50万元: the unit, not a second currency
        after = ""
    said = {_word(part) for part in (before, after) if part}
    if not said:
        return "CNY"
    return said.pop() if len(said) == 1 else ""


def _word(part: str) -> str:
    return (
        _WORDS.get(part) or _WORDS.get(part.removeprefix("元")) or _WORDS.get(part.removesuffix("元")) or ""
    )
