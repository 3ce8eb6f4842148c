"""`kiosk voices`: have the screen speak."""

from kiosk.cli.output import ConfigOption, load_settings, say
from kiosk.screen import Words
from kiosk.screen.voices import speak


def voices(config: ConfigOption = None) -> None:
    """Make the spoken prompts with espeak-ng, on this device; again after a change of language."""
    settings = load_settings(config)
    folder = settings.kiosk.data_dir / "voices"
    made = speak(folder, Words(settings.screen.language))
    say(f"{len(made)} prompts are spoken from {folder}; they are heard once the page is loaded again")
