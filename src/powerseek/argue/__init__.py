"""The main job: run the argument as an experiment, judge it, report it."""

from .experiment import PRESETS, Preset, run_stages
from .summary import Summary, summarise

__all__ = ["PRESETS", "Preset", "Summary", "run_stages", "summarise"]
