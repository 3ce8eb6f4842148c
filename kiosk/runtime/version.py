"""The program's version, from its installed metadata."""

from importlib.metadata import version

VERSION = version("senfie-kiosk")
