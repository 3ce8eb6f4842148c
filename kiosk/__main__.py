"""`python -m kiosk`: the command line."""

from kiosk.cli import main

main()
