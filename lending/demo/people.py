"""The organisations and people of the demo: invented banks, a team per district, officers and reviewers."""

from django.contrib.auth.hashers import make_password

from accounts.models import Organisation, User
from accounts.queries import DEMO_PASSWORD
from accounts.roles import WORKS_IN_ADMIN, Role

BANKS = (
    ("DEMO-B1", "沪江示范银行"), ("DEMO-B2", "申浦示范银行"), ("DEMO-B3", "东海示范商业银行"),
    ("DEMO-B4", "长三角示范农商银行"), ("DEMO-B5", "虹桥示范村镇银行"), ("DEMO-B6", "科创示范银行"),
)  # fmt: skip
FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN = ("建国", "晓燕", "志强", "雅琴", "文博", "佳怡", "海峰", "思远", "美玲", "俊杰", "欣怡", "国栋")
SUBDISTRICTS = ("示范一街道", "示范二街道", "示范三镇")
MAIN_DISTRICT, OTHER_DISTRICT = "310104", "310115"

# sign-in, role, code of the organisation, name
SIGN_INS = (
    ("officer", Role.FIELD_OFFICER, "DEMO-B1-310104", "周访"),
    ("panel", Role.PANEL, MAIN_DISTRICT, "陈审"),
    ("panel2", Role.PANEL, MAIN_DISTRICT, "林复"),
    ("panel-other", Role.PANEL, OTHER_DISTRICT, "黄浦东"),
    ("bank", Role.BANK_REVIEWER, "DEMO-B1", "钱贷"),
    ("bankhead", Role.BANK_COORDINATOR, "DEMO-B1", "李联"),
    ("bank-other", Role.BANK_REVIEWER, "DEMO-B2", "赵审"),
    ("city", Role.CITY, "310000", "郑市"),
    ("sysadmin", Role.SYSTEM_ADMIN, "310000", "系统管理员"),
    ("secadmin", Role.SECURITY_ADMIN, "310000", "安全管理员"),
    ("auditor", Role.AUDITOR, "310000", "审计员"),
)


def person_name(number: int) -> str:
    return FAMILY[number % len(FAMILY)] + GIVEN[number // len(FAMILY) % len(GIVEN)]


def make_organisations() -> None:
    """Six banks with a branch in every district, three subdistricts to each."""
    districts = list(Organisation.objects.filter(kind=Organisation.Kind.DISTRICT))
    for code, name in BANKS:
        _organisation(code, name, Organisation.Kind.BANK)
    banks = {bank.code: bank for bank in Organisation.objects.filter(code__in=dict(BANKS))}
    below = [
        Organisation(code=f"{district.code}-S{number}", name=f"{district.name}{name}", kind="subdistrict", parent=district)
        for district in districts
        for number, name in enumerate(SUBDISTRICTS, start=1)
    ] + [
        Organisation(code=f"{bank.code}-{district.code}", name=f"{bank.name}{district.name}支行", kind="branch",
                     parent=bank, district=district)
        for bank in banks.values()
        for district in districts
    ]  # fmt: skip
    Organisation.objects.bulk_create(below, ignore_conflicts=True)


def _organisation(code: str, name: str, kind: str) -> None:
    Organisation.objects.get_or_create(code=code, defaults={"name": name, "kind": kind})


def make_people() -> None:
    """The demo sign-ins, and people without a password for everybody else who must exist for the story."""
    places = {place.code: place for place in Organisation.objects.all()}
    password = make_password(DEMO_PASSWORD)
    people = [
        _person(username, role, places[code], name, password) for username, role, code, name in SIGN_INS
    ]
    number = 0
    for place in places.values():
        for prefix, role in _staff_of(place):
            number += 1
            people.append(
                _person(f"{prefix}-{place.code}".lower(), role, place, person_name(number * 7), "!")
            )
    User.objects.bulk_create(people, ignore_conflicts=True)


def _staff_of(place: Organisation) -> tuple[tuple[str, Role], ...]:
    """Who works at a place besides the demo sign-ins; "!" as password means that nobody can sign in."""
    if place.kind == Organisation.Kind.DISTRICT and place.code != MAIN_DISTRICT:
        return (("panel-a", Role.PANEL), ("panel-b", Role.PANEL))
    if place.kind == Organisation.Kind.BANK and place.code != "DEMO-B1":
        return (("reviewer", Role.BANK_REVIEWER), ("coordinator", Role.BANK_COORDINATOR))
    if place.kind == Organisation.Kind.BRANCH:
        return (("officer", Role.FIELD_OFFICER),)
    return ()


def _person(username: str, role: Role, place: Organisation, name: str, password: str) -> User:
    return User(
        username=username, role=role, organisation=place, name=name, password=password,
        email=f"{username}@demo.invalid", staff_number=f"D-{username}",
        is_staff=role in WORKS_IN_ADMIN,  # bulk_create does not call save()
    )  # fmt: skip
