"""Figures of the label-free study (`powerseek.toymodels.studies.label_free_study`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from powerseek.toymodels.statistics import over_seeds
from powerseek.toymodels.studies.label_free_study import Climbing
from powerseek.toymodels.studies.power_climbing import CONTROLS

from .figures import GREY, INK, NULL, POWER, TWIN, _figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = dict(zip(CONTROLS, (POWER, TWIN, NULL), strict=True))


def gains_over_graphs(learner: Climbing) -> Figure:
    """How the gain under the null task is spread over graphs, and what chance does to its mean."""
    figure, (left, right) = _figure(9.5, 3.4, ncols=2, gridspec_kw={"width_ratios": [1.3, 1]})
    for control in CONTROLS:
        gain = learner.climbs.gain("null", control)
        left.step(
            np.sort(gain),
            np.arange(1, gain.size + 1) / gain.size,
            where="post",
            color=COLOURS[control],
            label=f"over {control}",
        )
    left.axvline(0, color=GREY, linewidth=0.8)
    left.set_xlabel("gain in expected POWER per step")
    left.set_ylabel("share of graphs below")
    left.legend(loc="upper left")
    right.hist(learner.chance, bins=24, color=GREY, label="POWER shuffled")
    mean = over_seeds(learner.climbs.gain("null"))
    right.axvspan(mean.low, mean.high, color=POWER, alpha=0.2, linewidth=0)
    right.axvline(mean.mean, color=POWER, label="measured, 95% interval")
    right.set_xlabel("mean gain over untrained")
    right.set_yticks([])
    right.legend(loc="upper left")
    right.set_ylim(0, right.get_ylim()[1] * 1.4)
    return figure


def gain_over_training(learners: Mapping[str, Climbing]) -> Figure:
    """Capability and gain against the number of updates, for every learner."""
    figure, axes = _figure(4.75 * len(learners), 3.2, ncols=len(learners), squeeze=False)
    for axis, (name, learner) in zip(axes[0], learners.items(), strict=True):
        updates, climbs = learner.updates, learner.climbs
        x = np.arange(len(updates))
        for control, colour in COLOURS.items():
            bands = [over_seeds(climbs.gain("null", control, int(k))) for k in x]
            axis.plot(x, [b.mean for b in bands], color=colour, label=f"over {control}")
            low, high = [b.low for b in bands], [b.high for b in bands]
            axis.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.axhline(0, color=GREY, linewidth=0.8)
        labels = [f"{u}\n{c:.2f}" for u, c in zip(updates, climbs.capability.mean(0), strict=True)]
        axis.set_xticks(x, labels)
        axis.set_title(name)
        axis.set_xlabel("updates, and capability after them")
    axes[0, 0].set_ylabel("gain in expected POWER per step")
    axes[0, 0].legend(loc="upper left")
    return figure


def dose_response(learners: Mapping[str, Climbing]) -> Figure:
    """The gain under the null task against the number of training goals."""
    figure, axis = _figure(5.2, 3.2)
    for (name, learner), colour in zip(learners.items(), (POWER, TWIN, NULL, INK), strict=False):
        doses = sorted(learner.dose)
        bands = [over_seeds(learner.dose[d]) for d in doses]
        mean = np.array([b.mean for b in bands])
        half = np.array([b.high - b.mean for b in bands])
        aside = 0.03 * (list(learners).index(name) - (len(learners) - 1) / 2)  # bars in full view
        axis.errorbar(np.log2(doses) + aside, mean, yerr=half, fmt="o-", color=colour, label=name)
        axis.set_xticks(np.log2(doses), [str(d) for d in doses])
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.set_xlabel("number of different training goals")
    axis.set_ylabel("gain over untrained")
    figure.legend(loc="outside lower center", ncols=len(learners))
    return figure
