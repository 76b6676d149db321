from django.urls import path

from lending.sla.letters import views

urlpatterns = [
    path("letters/", views.letters, name="letters"),
    path("letters/unsubscribe/<str:token>/", views.unsubscribe, name="letters-unsubscribe"),
]
