"""`python -m central`."""

from central.cli import main

main()
