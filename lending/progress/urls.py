from django.urls import path

from lending.progress import desk, follow, own_visits, owner, pausing
from lending.progress.annulling import annul
from lending.progress.returned import returned
from lending.progress.share import share

urlpatterns = [
    path("district/cases/", desk.queue, name="district-queue"),
    path("district/cases/<str:number>/", desk.case, name="district-case"),
    path("district/cases/<str:number>/review/", desk.review_case, name="district-case-review"),
    path("district/cases/<str:number>/lookup/", desk.look_up_case, name="district-case-lookup"),
    path("district/cases/<str:number>/verify/", desk.verify_case, name="district-case-verify"),
    path("district/cases/<str:number>/resume/", desk.resume_case, name="district-case-resume"),
    path("district/cases/<str:number>/reopen/", desk.reopen_case, name="district-case-reopen"),
    path(
        "district/cases/<str:number>/report/<int:decision>/", desk.confirm_report, name="district-case-report"
    ),
    path("district/cases/<str:number>/repair/", desk.repair_case, name="district-case-repair"),
    path("district/cases/<str:number>/close/", desk.close_case, name="district-case-close"),
    path("district/suspensions/", pausing.pauses, name="district-suspensions"),
    path("district/suspensions/<int:pk>/answer/", pausing.answer, name="district-suspension-answer"),
    path("district/suspensions/<int:pk>/end/", pausing.end, name="district-suspension-end"),
    path("m/visits/", own_visits.visits, name="own-visits"),
    path("m/returned/", returned, name="officer-returned"),
    path("m/cases/<str:number>/", follow.officer_case, name="officer-case"),
    path("m/cases/<str:number>/annul/", annul, name="officer-case-annul"),
    path("m/cases/<str:number>/share/", share, name="officer-case-share"),
    path("track/<str:token>/", owner.track, name="track"),
    path("track/<str:token>/withdraw/", owner.withdraw, name="track-withdraw"),
    path("track/<str:token>/confirm/", owner.confirm, name="track-confirm"),
    path("track/<str:token>/disown/", owner.disown, name="track-disown"),
    path("track/<str:token>/complain/", owner.complain, name="track-complain"),
    path("track/<str:token>/quiet/", owner.quiet, name="track-quiet"),
    path("track/<str:token>/need/", owner.mend, name="track-mend"),
    path("track/<str:token>/consent/", owner.add_consent, name="track-consent"),
]
