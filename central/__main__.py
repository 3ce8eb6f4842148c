"""Runs the commands of `kiosk-central` for `python -m central`."""

from central.cli import main

main()
