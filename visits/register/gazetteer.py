"""The districts as the organisations table has them today."""

from accounts.models import Organisation
from visits.register.rules_district import Gazetteer, Place


def current() -> Gazetteer:
    kinds = Organisation.Kind
    known = Organisation.objects.filter(kind__in=(kinds.CITY, kinds.DISTRICT)).order_by("code")
    found = list(known.values_list("id", "code", "name", "aliases", "kind"))
    places = [
        Place(id, code, name, tuple(aliases))
        for id, code, name, aliases, kind in found
        if kind == kinds.DISTRICT
    ]
    cities = [
        word
        for _id, _code, name, aliases, kind in found
        if kind == kinds.CITY
        for word in (name, *aliases)
        if not word.isdigit()
    ]
    return Gazetteer(places, cities)
