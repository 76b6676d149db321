"""What pages call the sources of credit data."""

from django import template

from lending.credit_lookup.queries import name_of_source

register = template.Library()
register.filter("source_name", name_of_source)
