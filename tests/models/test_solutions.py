"""The import of MediaPipe without its plotting library."""

import subprocess
import sys

_SEES = """
import sys
import kiosk.cli
loaded = sorted(name for name in sys.modules if name.startswith("matplotlib"))
assert not loaded, loaded
from matplotlib.figure import Figure
import matplotlib.pyplot
assert matplotlib.pyplot.figure and Figure().add_subplot()
"""


def test_no_command_loads_a_plotting_library_but_the_one_that_plots() -> None:
    assert subprocess.run([sys.executable, "-c", _SEES], check=False).returncode == 0
