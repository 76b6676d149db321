from django.urls import path

from lending.sla import views

urlpatterns = [path("deadlines/<int:pk>/", views.deadline, name="deadline")]
