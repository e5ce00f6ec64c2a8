r"""What else could explain that agents climb POWER? A regression over the edges of graphs.

For every edge $s \to s'$ of a state with a choice, let $y$ be how much training moved the
agent's score of it under the null task, and let $x$ hold POWER$(s')$ and what may stand
behind it:

* `out-degree`: how many options $s'$ has;
* `reachability`: how many states can be reached from $s'$ within an episode;
* `visitation`: how often the agent was in $s'$ when it did its training tasks;
* `goal value`: how often an optimal agent, starting at $s'$, lands on the goal, averaged over
  the training goals: how near they are.

Only differences between the options of one state can move a policy, so $y$ and $x$ are taken
as deviations from their mean over the options of $s$; $y$ is divided by its standard
deviation in the graph, so that graphs count alike, and columns of $x$ by theirs. Coefficients
of the least-squares fit over all graphs are then standardised. Graphs are the unit of
replication: standard errors are cluster-robust (CR1, Liang & Zeger, Biometrika 1986) with
Student's t on graphs minus one, and intervals of the partial $R^2$ come from a bootstrap over
graphs.

Goal value is not a rival of the argument but its mechanism: reinforcement credits a step with
what it brings for the goals trained. Where it takes up all that POWER explains, the agent has
come to like what was useful, and POWER only as far as it is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import stats

from powerseek.theory.errors import InvalidInput
from powerseek.toymodels.statistics import CONFIDENCE, Interval

from .label_free import GraphRun

RIVALS = ("out-degree", "reachability", "visitation")
"""What may stand behind POWER without being what training reinforces."""

MECHANISM = "goal value"
POWER = "POWER"


@dataclass(frozen=True)
class Edges:
    """The edges of all graphs, as deviations from the mean over the options of a state.

    Attributes:
        moved: change of the score, in standard deviations of its graph.
        shift: change of the probability, divided by the number of states with a choice.
        columns: what is known of the successors, by name.
        graph: which graph each edge belongs to.
        graphs: how many graphs there are.
    """

    moved: Float[np.ndarray, " E"]
    shift: Float[np.ndarray, " E"]
    columns: dict[str, Float[np.ndarray, " E"]]
    graph: Float[np.ndarray, " E"]
    graphs: int


@dataclass(frozen=True)
class Term:
    """One regressor's part in a fit.

    Attributes:
        coefficient: standardised, with its interval over graphs.
        partial_r2: the share of what the others leave unexplained that it explains.
    """

    coefficient: Interval
    partial_r2: Interval


@dataclass(frozen=True)
class Fit:
    """A least-squares fit over the edges of all graphs.

    Attributes:
        terms: by name of the regressor.
        r2: share of the variation explained.
        edges, graphs: how many there were.
    """

    terms: dict[str, Term]
    r2: float
    edges: int
    graphs: int


def reachability(
    to: Float[np.ndarray, "N S O"], available: Float[np.ndarray, "N S O"], steps: int
) -> Float[np.ndarray, "N S"]:
    """How many states can be reached from each within so many steps, itself included."""
    n = to.shape[1]
    edge = np.zeros((len(to), n, n), bool)
    for option in range(to.shape[2]):
        rows = np.eye(n, dtype=bool)[to[..., option].astype(int)]
        edge |= rows & (available[..., option] > 0)[..., None]
    reached = np.broadcast_to(np.eye(n, dtype=bool), edge.shape)
    for _ in range(steps):
        reached = reached | (reached.astype(int) @ edge > 0)
    count: Float[np.ndarray, "N S"] = reached.sum(-1).astype(float)
    return count


def edges(
    run: GraphRun,
    power: Float[np.ndarray, "N S"],
    horizon: int,
    *,
    setting: int = 0,
    checkpoint: int = -1,
    seed: int = 0,
) -> Edges:
    """Lay out the edges of all graphs with what is known of their successors.

    Args:
        run: agents, the untrained one at the first checkpoint.
        power: POWER of their states.
        horizon: steps per episode.
        setting: which of the run's knob settings.
        checkpoint: which of its checkpoints.
        seed: of the order of states in the column `shuffled POWER`.
    """
    to = np.asarray(run.setting.to)[setting].astype(int)
    available = np.asarray(run.setting.available)[setting] > 0
    visits = np.asarray(run.behaviour.visits)[setting]
    of_state = {
        POWER: power,
        "out-degree": available.sum(-1).astype(float),
        "reachability": reachability(to, available, horizon),
        "visitation": visits[:, [0, checkpoint]].mean(1),
        MECHANISM: np.asarray(run.setting.goal_value)[setting],
        "shuffled POWER": np.random.default_rng(seed).permuted(power, axis=1),
    }
    choice = available.sum(-1) > 1
    chosen = available & choice[..., None]
    graph = np.broadcast_to(np.arange(len(to))[:, None, None], to.shape)[chosen]

    def deviations(values: Float[np.ndarray, "N S O"]) -> Float[np.ndarray, " E"]:
        mean = np.where(available, values, 0.0).sum(-1) / available.sum(-1)
        picked: Float[np.ndarray, " E"] = (values - mean[..., None])[chosen]
        return picked

    def ahead(values: Float[np.ndarray, "N S"]) -> Float[np.ndarray, "N S O"]:
        return np.take_along_axis(values, to.reshape(len(to), -1), 1).reshape(to.shape)

    b = run.behaviour
    scores, null = np.asarray(b.scores)[setting], np.asarray(b.null)[setting]
    moved = deviations(scores[:, checkpoint] - scores[:, 0])
    size = np.sqrt(np.bincount(graph, moved**2) / np.maximum(np.bincount(graph), 1))[graph]
    per_state = np.maximum(choice.sum(-1), 1)[graph]
    return Edges(
        moved=np.divide(moved, size, out=np.zeros_like(moved), where=size > 0),
        shift=deviations(null[:, checkpoint] - null[:, 0]) / per_state,
        columns={name: deviations(ahead(v)) for name, v in of_state.items()},
        graph=graph,
        graphs=len(to),
    )


def _design(data: Edges, names: Sequence[str]) -> Float[np.ndarray, "E K"]:
    unknown = set(names) - set(data.columns)
    if unknown or not names:
        raise InvalidInput.of("names", list(names), f"some of {', '.join(data.columns)}")
    columns = np.stack([data.columns[n] for n in names], 1)
    scale: Float[np.ndarray, " K"] = columns.std(0)
    return columns / np.where(scale > 0, scale, 1.0)


def _unexplained(
    xx: Float[np.ndarray, "... K K"], xy: Float[np.ndarray, "... K"], yy: Float[np.ndarray, ...]
) -> Float[np.ndarray, ...]:
    """Sum of squares left by a least-squares fit, from its normal equations."""
    beta = np.linalg.solve(xx, xy[..., None])[..., 0]
    left: Float[np.ndarray, ...] = yy - (beta * xy).sum(-1)
    return left


def fit(data: Edges, names: Sequence[str], *, bootstrap: int = 1000, seed: int = 0) -> Fit:
    """Regress how scores moved on what is known of the successors.

    Args:
        data: the edges.
        names: the regressors, names of columns.
        bootstrap: resamplings of graphs for the intervals of partial R².
        seed: of the resamplings.

    Raises:
        InvalidInput: if no score moved, as with agents that share nothing between tasks.
    """
    if not data.moved.any():
        raise InvalidInput.of("edges", "none whose score moved", "agents that learnt something")
    x, y, k = _design(data, names), data.moved, len(names)
    n = data.graphs
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    residual = y - x @ beta
    # Sums over the edges of each graph.
    xx, xy, yy = np.zeros((n, k, k)), np.zeros((n, k)), np.zeros(n)
    score = np.zeros((n, k))
    np.add.at(xx, data.graph, x[:, :, None] * x[:, None])
    np.add.at(xy, data.graph, x * y[:, None])
    np.add.at(yy, data.graph, y**2)
    np.add.at(score, data.graph, x * residual[:, None])
    bread = np.linalg.inv(xx.sum(0))
    correction = n / (n - 1) * (y.size - 1) / (y.size - k)
    stderr = np.sqrt(correction * np.diag(bread @ (score.T @ score) @ bread))
    t = float(stats.t.isf((1 - CONFIDENCE) / 2, n - 1))

    rng = np.random.default_rng(seed)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=bootstrap).astype(float)
    counts = np.concatenate([np.ones((1, n)), counts])  # first the sample itself
    sums = [np.tensordot(counts, v, 1) for v in (xx, xy, yy)]
    full = _unexplained(*sums)
    terms = {}
    for i, name in enumerate(names):
        rest = [j for j in range(k) if j != i]
        if rest:
            less = _unexplained(sums[0][:, rest][:, :, rest], sums[1][:, rest], sums[2])
        else:
            less = sums[2]
        partial = 1 - full / less
        low, high = np.quantile(partial[1:], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
        b, se = float(beta[i]), float(stderr[i])
        terms[name] = Term(
            Interval(b, b - t * se, b + t * se, se, n),
            Interval(float(partial[0]), float(low), float(high), float(partial[1:].std()), n),
        )
    return Fit(terms, float(1 - full[0] / sums[2][0]), y.size, n)


def residual_gains(data: Edges, names: Sequence[str]) -> Float[np.ndarray, " N"]:
    """The gain, in each graph, in what of POWER the named columns do not explain.

    POWER is regressed on them over the edges of all graphs. With no names this is the gain
    above the untrained agent itself; it is in units of POWER.
    """
    power = data.columns[POWER]
    if names:
        x = _design(data, names)
        power = power - x @ np.linalg.lstsq(x, power, rcond=None)[0]
    gains: Float[np.ndarray, " N"] = np.bincount(
        data.graph, data.shift * power, minlength=data.graphs
    )
    return gains
