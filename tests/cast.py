"""The cast: the people every story is played with, each at their own organisation."""

from types import SimpleNamespace

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from tests import factories as make


@pytest.fixture
def cast(db) -> SimpleNamespace:
    """Officer, panel and second panel member of 徐汇, reviewers of two banks, another district's panel, the city …"""
    xuhui, pudong = make.district("310104"), make.district("310115")
    first, other = make.bank("DEMO-B1", "沪江示范银行"), make.bank("DEMO-B2", "申浦示范银行")
    local = make.branch(first, xuhui)
    city = xuhui.parent
    return SimpleNamespace(
        xuhui=xuhui, pudong=pudong, first_bank=first, other_bank=other, branch=local, city_org=city,
        officer=make.user("officer", Role.FIELD_OFFICER, local, "周访"),
        officer2=make.user("officer2", Role.FIELD_OFFICER, local, "吴访"),
        panel=make.user("panel", Role.PANEL, xuhui, "陈审"),
        panel2=make.user("panel2", Role.PANEL, xuhui, "林复"),
        panel_other=make.user("panel-other", Role.PANEL, pudong, "黄区"),
        bank=make.user("bank", Role.BANK_REVIEWER, first, "钱贷"),
        bank2=make.user("bank2", Role.BANK_REVIEWER, first, "孙贷"),
        bankhead=make.user("bankhead", Role.BANK_COORDINATOR, first, "李总"),
        bank_other=make.user("bank-other", Role.BANK_REVIEWER, other, "赵贷"),
        city=make.user("city", Role.CITY, city, "郑市"),
        sysadmin=make.user("sysadmin", Role.SYSTEM_ADMIN, city, "系统"),
        secadmin=make.user("secadmin", Role.SECURITY_ADMIN, city, "安全"),
        auditor=make.user("auditor", Role.AUDITOR, city, "审计"),
    )  # fmt: skip


@pytest.fixture
def api():
    """`api(user)` is a JSON client signed in as that person; `api()` is nobody."""

    def client(user: User | None = None) -> APIClient:
        it = APIClient()
        it.default_format = "json"
        if user:
            it.force_login(user)
        return it

    return client


@pytest.fixture
def web():
    """`web(user)` is a browser-like client signed in as that person, with CSRF checks off as in Django's tests."""

    def client(user: User | None = None) -> Client:
        it = Client()
        if user:
            it.force_login(user)
        return it

    return client
