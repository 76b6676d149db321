"""A made-up register of any size: valid credit codes, clearly invented names, realistic lengths and untidiness.

Deterministic: the same size and seed give the same bytes, so figures of two runs compare. Nothing in it is real; a
code may by chance equal that of a real firm, which is why every name carries an invented brand.
"""

import csv
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

HEADER = (
    "企业名称,统一社会信用代码,注册日期,企业类型,法人代表,注册资金,经营范围,所在省份,地区,注册地址".split(",")
)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = [pow(3, place, 31) for place in range(17)]
DISTRICTS = {
    "黄浦": "310101", "徐汇": "310104", "长宁": "310105", "静安": "310106", "普陀": "310107", "虹口": "310109",
    "杨浦": "310110", "闵行": "310112", "宝山": "310113", "嘉定": "310114", "浦东": "310115", "金山": "310116",
    "松江": "310117", "青浦": "310118", "奉贤": "310120", "崇明": "310151",
}  # fmt: skip
BRAND = (
    "曜璟骁珩熠瑄澜翎琛煦霖昀峤岚沁芮苒莘菡萱葳蕤薇蘅虞衡裕誉谐谨豫贽赟越趣跃踔轩辕辰迅迎迪逊逍逸遐遥遵邃邈郁郝"
    "鄂酩醇采释鉴钊钧钰铂铄铭铮锦锴镇镜长闳阔阳陶隽隆集雅雍霄霆霓青靖静韦韵韶顺颂颖飒飞馥馨驰驿骅骊骏鸿鹄鹏鹤麒麟黎黛"
)
TRADES = (
    "信息科技 网络技术 智能装备 机械设备 电子商务 供应链管理 国际贸易 建筑工程 装饰设计 餐饮管理 食品 医疗器械 生物科技 新材料 "
    "环保科技 物流 货物运输 文化传播 广告传媒 教育科技 企业管理咨询 人力资源 物业管理 房地产经纪 汽车服务 服饰 纺织品 五金制品 "
    "塑料制品 仪器仪表 农产品 园林绿化 体育发展 健康管理 软件开发 数据服务 金属材料 化工 印刷 包装"
).split()
FORMS = [("有限公司", 70), ("实业有限公司", 8), ("(集团)有限公司", 1), ("股份有限公司", 2), ("合伙企业（有限合伙）", 4), ("分公司", 6), ("经营部", 9)]  # fmt: skip
PHRASES = (
    "从事信息科技领域内的技术开发、技术咨询、技术服务 货物进出口 技术进出口 机械设备销售 电子产品销售 日用百货批发、零售 "
    "食品销售（凭许可证经营） 会议及展览服务 企业管理咨询 广告设计、制作、代理、发布 建筑装饰装修工程 道路货物运输 仓储服务 "
    "五金交电、金属材料、建筑材料销售 计算机软硬件及辅助设备销售 国内贸易代理 物业管理 园林绿化工程 餐饮服务 服装服饰批发 "
    "化工产品（不含危险化学品）销售 汽车配件销售 医疗器械销售（限一类） 市场营销策划 人工智能应用软件开发 供应链管理服务"
).split()
TAIL = "【依法须经批准的项目，经相关部门批准后方可开展经营活动】"
ROADS = (
    "曜景 澜庭 翠微 云麓 星湾 霞飞南 锦绣东 望江 听涛 学林 创业 工农 新桥 南岭 北苑 竹园 桃源 金谷".split()
)
CAPITALS = [
    "{n}(万元人民币)",
    "{n}(万元人民币)",
    "{n}(万元人民币)",
    "{n}万人民币",
    "{n}(万美元)",
    "{c}(万元人民币)",
    "N/A",
]
TYPES = ["N/A"] * 7 + ["有限责任公司", "有限责任公司(自然人投资或控股)", "个人独资企业"]


def credit_code(first: str, body: str) -> str:
    """`first` (8) and `body` (9) with the check character of GB 32100-2015."""
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first + body, WEIGHTS, strict=True))
    return first + body + ALPHABET[-total % 31]


def rows(count: int, *, seed: int = 20250430) -> Iterator[list[str]]:
    """`count` rows of ten texts in the order of HEADER; every credit code is used once."""
    rng = random.Random(seed)
    pick = rng.choice
    names, weights = zip(*FORMS, strict=True)
    forms = rng.choices(names, weights, k=997)
    for number in range(count):
        district, area = pick(DISTRICT_ITEMS)
        form = forms[number % 997]
        second = "2" if form == "经营部" else "1"
        serial = base31(number * 7919 + 104_729, 7)
        code = credit_code(f"9{second}{area}", "M" + serial + "A")
        brand = pick(BRAND) + pick(BRAND) + (pick(BRAND) if number % 3 else "")
        name = ("" if number % 17 == 0 else "上海") + brand + pick(TRADES) + form
        road = (
            f"{pick(ROADS)}路{rng.randrange(1, 4000)}号{rng.randrange(1, 60)}幢{rng.randrange(101, 3999)}室"
        )
        prefix = f"上海市{district}{'新区' if district == '浦东' else '区'}" if number % 9 else "上海市"
        scope = "；".join(rng.sample(PHRASES, rng.randrange(2, 8))) + (TAIL if number % 4 else "")
        size = rng.choice((10, 30, 50, 100, 200, 500, 1000))
        capital = pick(CAPITALS).format(n=size, c=f"{size * 13:,}.5000")
        date = f"{1990 + number % 35}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
        column = "N/A" if number % 30 == 0 else district
        yield [name, code, date, pick(TYPES), "N/A", capital, scope, "上海", column, prefix + road]


DISTRICT_ITEMS = list(DISTRICTS.items())


def base31(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, rest = divmod(number, 31)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


def write(path: Path, count: int, *, seed: int = 20250430) -> Path:
    """The register as UTF-8 CSV at `path`; kept if it was already made by this very version of the generator."""
    mark = hashlib.sha256(Path(__file__).read_bytes() + f"{count}/{seed}".encode()).hexdigest()
    stamp = path.with_suffix(".stamp")
    if path.is_file() and stamp.is_file() and stamp.read_text() == mark:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows(count, seed=seed))
    part.replace(path)
    stamp.write_text(mark)
    return path
