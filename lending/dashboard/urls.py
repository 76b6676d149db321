from django.urls import path

from lending.dashboard import views

urlpatterns = [
    path("district/", views.district, name="district"),
    path("city/", views.city, name="city"),
    path("district/figures/<slug:what>/", views.rows_behind, name="district-figures"),
    path("city/figures/<slug:what>/", views.rows_behind, {"is_city": True}, name="city-figures"),
]
