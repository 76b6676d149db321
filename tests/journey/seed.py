"""The people and firms of the journey, written into the stack's own database: `python -m tests.journey.seed`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def main() -> None:
    django.setup()
    from accounts.roles import Role
    from tests import factories as make

    xuhui = make.district("310104")
    first, second = make.bank("DEMO-B1", "沪江示范银行"), make.bank("DEMO-B2", "申浦示范银行")
    make.user("officer", Role.FIELD_OFFICER, make.branch(first, xuhui), "周访")
    make.user("panel", Role.PANEL, xuhui, "陈审")
    make.user("panel2", Role.PANEL, xuhui, "林复")
    make.user("panel-other", Role.PANEL, make.district("310115"), "黄区")
    make.user("bank", Role.BANK_REVIEWER, first, "钱贷")
    make.user("bank2", Role.BANK_REVIEWER, first, "孙贷")
    make.user("bankhead", Role.BANK_COORDINATOR, first, "李联")
    make.user("bank-other", Role.BANK_REVIEWER, second, "赵贷")
    make.user("city", Role.CITY, xuhui.parent, "郑市")
    for number in (1, 2, 3):
        code = make.credit_code(9000 + number)
        make.business(f"上海青禾示范商贸{number}号有限公司", credit_code=code)


if __name__ == "__main__":
    main()
