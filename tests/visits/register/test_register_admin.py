"""Imports in the admin: upload, progress, rejected rows; and who may not."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.visits.register.files import HEADER, row
from visits.register import tasks
from visits.register.models import Business, ImportRun
from visits.register.services import uploading

pytestmark = pytest.mark.django_db
ADD = "admin:visits_importrun_add"
LIST = "admin:visits_importrun_changelist"


@pytest.fixture(autouse=True)
def broker(monkeypatch, tmp_path, settings):
    """Messages that would go to a worker."""
    sent = []
    monkeypatch.setattr(uploading.current_app, "send_task", lambda name, args: sent.append((name, args)))
    settings.VAR_DIR = tmp_path
    return sent


def upload(browser, *lines, name="名录.csv", content=None):
    body = "\n".join([HEADER, *lines]).encode() if content is None else content
    return browser.post(reverse(ADD), {"upload": SimpleUploadedFile(name, body), "list": "", "as_of": ""})


def test_an_upload_becomes_a_waiting_run_and_the_worker_imports_it(
    cast, web, broker, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        answer = upload(web(cast.city), row(1), row(2, 注册日期="昨天"))
    run = ImportRun.objects.get()
    assert (answer.status_code, run.state, run.file_name, run.started_by) == (
        302,
        "waiting",
        "名录.csv",
        cast.city,
    )
    assert broker == [("visits.import_register", [run.pk])]
    tasks.import_register(run.pk)
    run.refresh_from_db()
    assert (run.state, run.created, run.rejected, Business.objects.count()) == ("done", 1, 1, 1)
    assert list(uploading.uploads_dir().iterdir()) == []


def test_a_message_that_comes_twice_does_no_harm(cast, web):
    upload(web(cast.city), row(1))
    run = ImportRun.objects.get()
    tasks.import_register(run.pk)
    tasks.import_register(run.pk)
    run.refresh_from_db()
    assert (run.state, run.created, Business.objects.count()) == ("done", 1, 1)


def test_the_list_shows_progress_and_asks_again_while_an_import_runs(cast, web):
    run = ImportRun.objects.create(file_name="甲.csv", state="running", progress_pct=40, rejected=3)
    run.rejections.create(line=7, field="name", code="missing", sentence="缺少企业名称。")
    page = web(cast.city).get(reverse(LIST))
    assert ('value="40"' in page.content.decode(), page["Refresh"]) == (True, "4")
    ImportRun.objects.update(state="done")
    assert "Refresh" not in web(cast.city).get(reverse(LIST))
    rejected = web(cast.city).get(
        reverse("admin:visits_importrejection_changelist"), {"run__id__exact": run.pk}
    )
    assert "缺少企业名称。" in rejected.content.decode()


def test_an_interrupted_run_can_be_started_again(cast, web, broker, django_capture_on_commit_callbacks):
    upload(web(cast.city), row(1))
    run = ImportRun.objects.get()
    ImportRun.objects.update(state="interrupted")
    with django_capture_on_commit_callbacks(execute=True):
        web(cast.city).post(reverse(LIST), {"action": "start_again", "_selected_action": [run.pk]})
    run.refresh_from_db()
    assert (run.state, broker[-1]) == ("waiting", ("visits.import_register", [run.pk]))


@pytest.mark.parametrize("who", ["bank", "panel", "officer", "auditor", "sysadmin"])
def test_nobody_but_the_city_imports(cast, web, who):
    browser = web(getattr(cast, who))
    statuses = {browser.get(reverse(name)).status_code for name in (ADD, LIST)} | {
        upload(browser, row(1)).status_code
    }
    assert (statuses <= {302, 403, 404}, ImportRun.objects.count()) == (True, 0)


def test_the_businesses_are_searched_by_a_part_of_name_or_code(cast, web):
    from tests import factories as make

    one = make.business("上海甲乙（丙）有限公司")
    make.business("上海别家有限公司")
    for text in ("乙(丙", one.credit_code[-6:]):
        page = web(cast.city).get(reverse("admin:visits_business_changelist"), {"q": text}).content.decode()
        assert ("上海甲乙（丙）有限公司" in page, "上海别家有限公司" in page) == (True, False)


@pytest.mark.parametrize(
    "model", ["business", "businesslist", "grid", "assignment", "listmembership", "importrejection"]
)
def test_every_list_of_the_register_opens(cast, web, model):
    assert web(cast.city).get(reverse(f"admin:visits_{model}_changelist")).status_code == 200
