from django.urls import include, path

from lending.bank_decision import api as bank
from lending.credit_lookup.api import CreditLookups, Verifications
from lending.district_review.api import DistrictReviews
from lending.progress.api import CaseDetail, Cases
from lending.recommendation_list.api import RecommendationListDetail, RecommendationLists

urlpatterns = [
    path("cases/", Cases.as_view(), name="api-cases"),
    path("cases/<str:number>/", CaseDetail.as_view(), name="api-case"),
    path("cases/<str:number>/credit-lookup/", CreditLookups.as_view(), name="api-credit-lookup"),
    path("cases/<str:number>/verification/", Verifications.as_view(), name="api-verification"),
    path("cases/<str:number>/district-review/", DistrictReviews.as_view(), name="api-district-review"),
    path("recommendation-lists/", RecommendationLists.as_view(), name="api-recommendation-lists"),
    path(
        "recommendation-lists/<str:number>/",
        RecommendationListDetail.as_view(),
        name="api-recommendation-list",
    ),
    path("", include("lending.dashboard.api_urls")),
    path("", include("lending.sla.api_urls")),
    path("recommendations/", bank.Recommendations.as_view(), name="api-recommendations"),
    path("recommendations/<int:pk>/", bank.RecommendationDetail.as_view(), name="api-recommendation"),
    path("recommendations/<int:pk>/receipt/", bank.Receipt.as_view(), name="api-receipt"),
    path("recommendations/<int:pk>/contact/", bank.Contact.as_view(), name="api-contact"),
    path("recommendations/<int:pk>/decision/", bank.Decision.as_view(), name="api-decision"),
    path("recommendations/<int:pk>/confirmation/", bank.Confirmation.as_view(), name="api-confirmation"),
    path("recommendations/<int:pk>/suspension/", bank.SuspensionAsked.as_view(), name="api-suspension"),
    path(
        "recommendations/<int:pk>/documents-complete/",
        bank.DocumentsComplete.as_view(),
        name="api-documents-complete",
    ),
    path("recommendations/<int:pk>/disbursements/", bank.Disbursements.as_view(), name="api-disbursements"),
]
