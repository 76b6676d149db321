from django.urls import path

from lending.sla import api

urlpatterns = [
    path("deadlines/<int:pk>/", api.DeadlineDetail.as_view(), name="api-deadline"),
    path("suspensions/<int:pk>/answer/", api.SuspensionAnswer.as_view(), name="api-suspension-answer"),
    path("suspensions/<int:pk>/end/", api.SuspensionEnd.as_view(), name="api-suspension-end"),
    path(
        "suspensions/<int:pk>/take-back/", api.SuspensionTakenBack.as_view(), name="api-suspension-take-back"
    ),
]
