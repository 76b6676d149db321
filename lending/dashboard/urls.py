from django.urls import path

from lending.dashboard import views, what_if_views

urlpatterns = [
    path("district/", views.district, name="district"),
    path("city/", views.city, name="city"),
    path("district/figures/<slug:what>/", views.rows_behind, name="district-figures"),
    path("city/figures/<slug:what>/", views.rows_behind, {"is_city": True}, name="city-figures"),
    path("district/what-if/", what_if_views.what_if_there, name="district-what-if"),
    path("district/what-if/<slug:what>/", what_if_views.what_if_rows, name="district-what-if-rows"),
    path("city/what-if/", what_if_views.what_if_there, {"is_city": True}, name="city-what-if"),
    path(
        "city/what-if/<slug:what>/", what_if_views.what_if_rows, {"is_city": True}, name="city-what-if-rows"
    ),
]
