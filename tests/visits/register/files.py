"""Small registers on disk for the tests."""

from pathlib import Path

from tests import factories as make

HEADER = "企业名称,统一社会信用代码,注册日期,企业类型,法人代表,注册资金,经营范围,所在省份,地区,注册地址"


def code(number: int, *, authority: str = "310104", kind: str = "91") -> str:
    return make.credit_code(number, authority=authority, kind=kind)


def row(number: int, **changes: str) -> str:
    """One valid line; change a cell by its Chinese title."""
    cells = dict(
        zip(
            HEADER.split(","),
            [f"上海示例{number}号有限公司", code(number), "2002-01-03", "N/A", "N/A", "50(万元人民币)", "示例经营", "上海",
             "徐汇", f"上海市徐汇区示例路{number}号"],
            strict=True,
        )
    )  # fmt: skip
    return ",".join((cells | changes).values())


def write(path: Path, *lines: str, header: str = HEADER, encoding: str = "utf-8", end: str = "\n") -> Path:
    path.write_bytes(end.join([header, *lines, ""]).encode(encoding))
    return path
