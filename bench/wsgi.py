"""The product as it is, and the yardstick at one address beside it: `granian bench.wsgi:application`."""

from config.wsgi import application as product

# isort: split
from bench.bare import ADDRESS, BareHandler  # after the product: settings are read there

_bare = BareHandler()


def application(environ: dict, start_response):
    return (_bare if environ["PATH_INFO"] == ADDRESS else product)(environ, start_response)
