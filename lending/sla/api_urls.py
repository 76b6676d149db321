from django.urls import path

from lending.sla import api

urlpatterns = [path("deadlines/<int:pk>/", api.DeadlineDetail.as_view(), name="api-deadline")]
