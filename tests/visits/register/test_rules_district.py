"""Column, address, authority: in that order, with the source kept and disagreement said."""

import csv

import pytest

from accounts.organisations import SHANGHAI
from visits.register.rules_district import NOWHERE, Gazetteer, Place

CODE = "91{}MA1000180X"


@pytest.fixture(scope="module")
def shanghai() -> Gazetteer:
    with SHANGHAI.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    places = [
        Place(int(row["code"]), row["code"], row["name"], tuple(filter(None, row["aliases"].split("|"))))
        for row in rows
        if row["kind"] == "district"
    ]
    return Gazetteer(places, ["上海市", "上海"])


@pytest.mark.parametrize(
    ("column", "district"),
    [
        ("浦东", 310115), ("浦东新区", 310115), ("自贸区", 310115), ("上海市浦东新区", 310115), ("南汇", 310115),
        ("闸北", 310106), ("闸北区", 310106), ("静安", 310106), ("卢湾", 310101), ("崇明县", 310151), ("310119", 310115),
        ("310230", 310151), (" 静 安 区 ", 310106), ("朝阳", None), ("上海", None), ("200(万美元)", None), ("", None),
    ],
)  # fmt: skip
def test_the_column_is_read_by_name_old_name_zone_and_code(shanghai, column, district):
    assert shanghai.from_column(column) == district


@pytest.mark.parametrize(
    ("address", "district"),
    [
        ("上海市宝山区沪太路9088号", 310113),
        ("奉贤区新寺镇", 310120),
        ("上海市闸北区光复路757号", 310106),
        ("崇明县庙镇西首", 310151),
        ("闵行龙吴路5050号", 310112),
        ("上海市嘉定工业区兴荣路1588号", 310114),
        ("中国（上海）自由贸易试验区闻居路1333号C区", 310115),
        ("中国(上海)自由贸易试验区上海市浦东新区乳山路110号", 310115),
        ("上海市南汇县惠南镇", 310115),
        ("宝山路450弄26号", None),
        ("上海市宝山路450弄26号", None),
        ("上海市长宁路889号", None),
        ("上海市浦东大道5号", None),
        ("上海市黄浦路60号", None),
        ("上海市武康路390号", None),
        ("浙江省舟山市普陀区东港街道1号", None),
        ("黑龙江双鸭山宝山区1号", None),
        ("郑州市中原区中原中路191号", None),
        ("", None),
    ],
)
def test_the_address_names_a_district_of_this_city_and_not_a_street_or_another_city(
    shanghai, address, district
):
    assert shanghai.from_address(address) == district


def test_the_column_comes_first_then_the_address_then_the_authority(shanghai):
    code = CODE.format("310104")
    said = [
        shanghai.decide("静安", "上海市静安区甲路1号", code, "上海"),
        shanghai.decide("", "上海市静安区甲路1号", code, "上海"),
        shanghai.decide("", "甲路1号", code, "上海"),
        shanghai.decide("", "甲路1号", CODE.format("310000"), "上海"),
    ]
    assert said == [(310106, "column", ""), (310106, "address", ""), (310104, "authority", ""), NOWHERE]


def test_old_codes_of_the_authority_mean_today_s_district(shanghai):
    olds = ["310103", "310108", "310119", "310230"]
    assert [shanghai.decide("", "", CODE.format(old), "").district_id for old in olds] == [
        310101, 310106, 310115, 310151,
    ]  # fmt: skip


def test_a_legacy_number_shows_its_authority_in_its_first_six_digits(shanghai):
    assert shanghai.decide("", "", "310112600000001", "", is_legacy=True) == (310112, "authority", "")


def test_column_and_address_that_disagree_are_a_conflict_and_the_column_stands(shanghai):
    verdict = shanghai.decide("黄浦", "上海市闸北区光复路757号", CODE.format("310101"), "上海")
    assert verdict == (310101, "column", "地区栏:黄浦 | 地址:静安区")


def test_an_old_name_of_the_same_district_is_no_conflict(shanghai):
    assert shanghai.decide("黄浦", "上海市卢湾区淮海中路300号", CODE.format("310101"), "上海").conflict == ""
    assert shanghai.decide("自贸区", "浦东新区张杨路810号", CODE.format("310115"), "上海").conflict == ""


def test_the_authority_alone_never_makes_a_conflict(shanghai):
    assert shanghai.decide("松江", "上海市松江区甲路", CODE.format("310104"), "上海").conflict == ""


@pytest.mark.parametrize(
    ("column", "address", "authority", "province"),
    [
        ("普陀", "普陀区东港街道1号", "330903", "浙江"),
        ("朝阳", "北京市朝阳区甲路1号", "110105", "北京"),
        ("广州", "广州市天河区假日新街", "440101", "广东"),
        ("青浦", "", "310118", "江苏"),
    ],
)
def test_a_row_of_another_province_has_no_district_here(shanghai, column, address, authority, province):
    assert shanghai.decide(column, address, CODE.format(authority), province) == NOWHERE


def test_without_any_district_on_file_nothing_is_found_and_nothing_breaks():
    assert Gazetteer([], []).decide("静安", "上海市静安区", CODE.format("310106"), "上海") == NOWHERE


def test_a_changed_alias_changes_the_fingerprint(shanghai):
    first = shanghai.places[0]
    changed = Gazetteer([first._replace(aliases=("新名",)), *shanghai.places[1:]], ["上海市", "上海"])
    assert (changed.fingerprint() == shanghai.fingerprint()) is False
