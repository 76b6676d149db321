"""A thousand companies and ten thousand sole traders over the districts, with invented names and valid codes.

They come in as a register file through the same import that real registers take, so the demo shows the real thing.
"""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from django.db.models import F, Value

from accounts.models import Organisation, User
from visits.models import Assignment, Business, BusinessList, Grid, ListMembership

COMPANIES, SOLE_TRADERS = 1_000, 10_000
GRIDS_PER_DISTRICT = 4
STEP = Decimal("0.00010")  # degrees, some 10 m
MIDDLE = {  # of the sixteen districts, latitude and longitude
    code: (Decimal(lat), Decimal(lon))
    for code, lat, lon in (
        ("310101", "31.228", "121.485"), ("310104", "31.188", "121.437"), ("310105", "31.220", "121.424"),
        ("310106", "31.247", "121.448"), ("310107", "31.250", "121.397"), ("310109", "31.264", "121.505"),
        ("310110", "31.270", "121.526"), ("310112", "31.113", "121.382"), ("310113", "31.405", "121.489"),
        ("310114", "31.375", "121.265"), ("310115", "31.221", "121.544"), ("310116", "30.742", "121.342"),
        ("310117", "31.032", "121.228"), ("310118", "31.150", "121.124"), ("310120", "30.918", "121.474"),
        ("310151", "31.623", "121.397"),
    )
}  # fmt: skip
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015
HEADER = (
    "企业名称",
    "统一社会信用代码",
    "注册日期",
    "企业类型",
    "法人代表",
    "注册资金",
    "经营范围",
    "所在省份",
    "地区",
    "注册地址",
)
STEMS = (
    "青禾",
    "辰云",
    "听澜",
    "木棉",
    "星野",
    "沐川",
    "拾光",
    "云栖",
    "禾田",
    "景行",
    "竹溪",
    "望舒",
    "知夏",
    "长庚",
    "南屏",
    "松涧",
)
TRADES = (
    "精密机械", "纺织科技", "食品贸易", "环保设备", "信息技术", "生物医药", "建筑装饰", "物流服务",
    "新能源材料", "文化传播", "国际贸易", "半导体材料与智能装备", "农业发展", "汽车零部件",
)  # fmt: skip
SHOPS = (
    "面馆",
    "水果店",
    "五金店",
    "理发店",
    "便利店",
    "裁缝铺",
    "小吃店",
    "花店",
    "茶叶店",
    "修车行",
    "文具店",
    "烘焙坊",
)
ROADS = ("示范路", "青禾路", "试点路", "样例路", "辰云路", "望舒路", "长庚路", "木棉路")
SURNAMES = "张李王赵陈林周吴徐孙朱马胡郭何高罗郑梁谢宋唐许韩冯邓曹彭曾肖"


def credit_code(kind: str, authority: str, number: int) -> str:
    """Head of 17 characters and the check character of GB 32100-2015; "MD" and a running number as body."""
    head = f"{kind}{authority}MD{number:07d}"
    total = sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(head))
    return head + ALPHABET[(31 - total % 31) % 31]


def rows(districts: list[Organisation], scale: int) -> Iterator[tuple[str, ...]]:
    """Deterministic, so a second load of the demo is the same file and changes nothing."""
    chance = random.Random(20261120)  # noqa: S311  a demo, not a secret
    for number in range(COMPANIES * scale):
        yield _company(districts[number % len(districts)], number, chance)
    for number in range(SOLE_TRADERS * scale):
        yield _sole_trader(districts[number % len(districts)], number, chance)


def _company(district: Organisation, number: int, chance: random.Random) -> tuple[str, ...]:
    turn, place = divmod(number, len(STEMS))
    bracket = ("", "（上海）", "(上海)")[number % 3]
    stem = STEMS[(turn + 5 * place) % len(STEMS)] + STEMS[(3 * turn + place) % len(STEMS)]
    name = f"{'' if bracket else '上海'}{stem}示范{TRADES[number % len(TRADES)]}{bracket}有限公司"
    capital = ("100万人民币", "500(万元人民币)", "1000万人民币", "50万美元", "2000万元")[number % 5]
    return (
        name, credit_code("91", district.code, number + 1), _day(chance), "有限责任公司(自然人投资或控股)",
        _person(chance), capital, f"从事{TRADES[number % len(TRADES)]}领域内的技术开发、技术服务;货物进出口。",
        "上海", district.name, _address(district, number, chance),
    )  # fmt: skip


def _sole_trader(district: Organisation, number: int, chance: random.Random) -> tuple[str, ...]:
    turn = number // len(STEMS)
    owner, shop = SURNAMES[turn % len(SURNAMES)], SHOPS[turn // len(SURNAMES) % len(SHOPS)]
    stem = STEMS[(turn + turn // (len(SURNAMES) * len(SHOPS))) % len(STEMS)]
    return (
        f"上海市{district.name}示范{stem}{owner}记{shop}", credit_code("92", district.code, number + 1),
        _day(chance), "个体工商户", owner + "某", "", f"{shop}经营;食品销售(凭许可证)。", "上海", district.name,
        _address(district, number, chance),
    )  # fmt: skip


def _day(chance: random.Random) -> str:
    return (date(2008, 1, 1) + timedelta(days=chance.randrange(6200))).isoformat()


def _person(chance: random.Random) -> str:
    return chance.choice(SURNAMES) + chance.choice(("某", "某某"))


def _address(district: Organisation, number: int, chance: random.Random) -> str:
    return f"上海市{district.name}{ROADS[number % len(ROADS)]}{chance.randrange(1, 2000)}号{chance.randrange(1, 30)}幢{chance.randrange(101, 2500)}室"


def write_file(path: Path, scale: int) -> None:
    districts = list(Organisation.objects.filter(kind=Organisation.Kind.DISTRICT))
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out).writerows([HEADER, *rows(districts, scale)])


def make_grids() -> None:
    """Grids of every district; each business into one of them by its id, as a city's own table would say."""
    districts = Organisation.objects.filter(kind=Organisation.Kind.DISTRICT)
    parts = {place.code: place for place in Organisation.objects.filter(kind=Organisation.Kind.SUBDISTRICT)}
    Grid.objects.bulk_create(
        [
            Grid(code=f"{district.code}-G{number}", name=f"{district.name}第{number}网格", district=district,
                 subdistrict=parts.get(f"{district.code}-S{(number - 1) % 3 + 1}"))
            for district in districts
            for number in range(1, GRIDS_PER_DISTRICT + 1)
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    for district in districts:
        grids = list(Grid.objects.filter(district=district))
        for number, grid in enumerate(grids):
            loose = Business.objects.filter(
                district=district, grid__isnull=True, credit_code__regex=f"^.{{16}}[{_digits(number)}]"
            )
            loose.update(grid=grid)


def place_on_the_map() -> None:
    """A position for every demo business, strewn about the middle of its district by its id: invented like its name."""
    for code, (lat, lon) in MIDDLE.items():
        around = Business.objects.filter(district__code=code, lat__isnull=True)
        around.update(
            lat=Value(lat) + (F("pk") * 7919 % 400 - 200) * Value(STEP), lon=Value(lon) + (F("pk") * 104729 % 400 - 200) * Value(STEP)
        )  # fmt: skip


def _digits(number: int) -> str:
    return ("012", "345", "67", "89")[number]


def make_lists() -> None:
    """Companies on one of seven lists, sole traders on theirs."""
    lists = {row.code: row for row in BusinessList.objects.all()}
    of_companies = [row for code, row in lists.items() if code != "sole_trader"]
    found = Business.objects.filter(memberships__isnull=True).values_list("pk", "kind", "credit_code")
    ListMembership.objects.bulk_create(
        [
            ListMembership(business_id=pk, as_of=date(2026, 10, 1), list=lists["sole_trader"] if kind == "sole_trader"
                           else of_companies[int(code[10:17]) // 16 % len(of_companies)])
            for pk, kind, code in found.iterator(chunk_size=5000)
        ],
        batch_size=5000, ignore_conflicts=True,
    )  # fmt: skip


def make_assignments() -> None:
    """One lead bank and officer per list × grid, turn by turn over the banks."""
    officers = {
        user.organisation.code: user
        for user in User.objects.filter(role="field_officer", username__startswith="officer-").select_related(
            "organisation"
        )
    }
    banks = list(Organisation.objects.filter(kind=Organisation.Kind.BANK).order_by("code"))
    made = []
    for position, row in enumerate(BusinessList.objects.order_by("position")):
        for number, grid in enumerate(Grid.objects.select_related("district").order_by("code")):
            bank = banks[(position + number) % len(banks)]
            officer = officers.get(f"{bank.code}-{grid.district.code}")
            made.append(
                Assignment(list=row, grid=grid, bank=bank, officer=officer, starts_on=date(2026, 10, 1))
            )
    Assignment.objects.bulk_create(made, ignore_conflicts=True)
    mine = User.objects.get(username="officer")  # the companies of two neighbouring grids
    walked = Assignment.objects.filter(grid__code__in=[f"{mine.district.code}-G{n}" for n in (1, 2)])
    walked.exclude(list__code="sole_trader").update(officer=mine, bank=mine.bank)
