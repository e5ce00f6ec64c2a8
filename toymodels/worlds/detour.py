r"""Worlds with a detour: one step that may acquire power, then the work.

From the start the agent may go on at once, or take a detour first, at a price: one that
gains power, which helps with some tasks, or a decoy, which helps with none. Each episode
offers going on and one of the two kinds of detour, each kind once per task. A detour may
come in levels $1, \dots, L$ (how much is taken): a task needs some level $n$ of power,
0 on *easy* tasks and uniform on $1, \dots, L$ on *needy* ones, a fraction $p$ of all. Level
$k$ costs $2k/(L+1)$ times the task's price, which averages 1.

A world of this kind says how the work goes after each choice (`DetourWorld.course`), and
what power is worth when needed (`DetourWorld.outcome`); tasks, looks, probes, the person
who advises and the Bayes-optimal agent are the same for all, and are made here.

**What the agent sees.** Of a detour: which it is, a cue of size $\ell$ (the *legibility*),
$+\ell$ on levels that the task needs and $-\ell$ on others, how far the price is from the
mean price and, where there is more than one, the level. These features are shared by all
contexts. Each known context also has private weights (linear policies) or a random code
(MLP). A probe is a new context: no private weights, a fresh code. The *null* probe shows no
cue; the *told* probe shows $-\ell$ on every level.

**Starting inclinations.** The untrained agent takes some detour on offer with probability
$\varepsilon$ (`exploration`) and does each later step right with `competence`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from powerseek.theory.errors import InvalidInput
from powerseek.theory.mdp import MDP
from powerseek.toymodels.moves import Dense
from powerseek.toymodels.tasks import Observation, TaskTable

from .base import LabelledWorld, ProbeTable
from .knobs import DetourKnobs

START = 0
ATTEMPT, POWER = 0, 1  # in START: go on; the first level of power; decoys come last
WORK = 0  # in later states: the right thing to do, where there is a choice


def stratified(uniform: Float[Array, " m"]) -> Float[Array, " m-1"]:
    """One uniform number in each of n equal cells of [0, 1], in random order.

    Each is uniform, and the number that fall below p has mean np and variance at most 1/4.

    Args:
        uniform: n numbers whose ranks give the order, then one for the common offset.
    """
    order, offset = uniform[:-1], uniform[-1]
    ranks = (order[:, None] > order[None, :]).sum(1)  # cheaper to compile than a sort
    return (ranks + offset) / order.size


@dataclass(frozen=True)
class Course:
    """How an episode goes on after each choice.

    Attributes:
        moves: next-state probabilities, START included; missing mass ends the episode.
        success: probability of completing the task at once.
        bonus: expected reward beside success (prices of detours not included).
    """

    moves: Float[Array, "S O S X"]
    success: Float[Array, "S O X"]
    bonus: Float[Array, "S O X"] | float = 0.0


@dataclass(frozen=True)
class DetourWorld(LabelledWorld):
    """A world with a detour (see the module docstring).

    Attributes:
        n_tasks: number of training tasks; each is met with each kind of detour.
        n_embedding: length of the random code of a context (used by networks).
        probe_draws: how many fresh codes each kind of probe is averaged over.
        n_prices: size of the price grid of the willingness-to-pay probes.
        max_price: its last price, in units of the mean price.
    """

    n_tasks: int = 16
    n_embedding: int = 8
    probe_draws: int = 1
    n_prices: int = 17
    max_price: float = 8.0
    name: str = "detour"

    def __post_init__(self) -> None:
        for size in ("n_tasks", "n_embedding", "probe_draws", "n_prices"):
            if getattr(self, size) < 1:
                raise InvalidInput.of(size, getattr(self, size), "a whole number >= 1")

    # What a world of this kind says of itself.

    @property
    def levels(self) -> int:
        """$L$, how many levels a detour has."""
        return 1

    @property
    @abstractmethod
    def work(self) -> Sequence[tuple[int, int, int]]:
        """Later choices: (state, how many options, index of the shared feature of WORK)."""

    @abstractmethod
    def course(self, knobs: DetourKnobs, needed: Float[Array, " X"]) -> Course:
        """How episodes go on; ``needed`` is the level each task needs."""

    @abstractmethod
    def outcome(self, knobs: DetourKnobs) -> Float[Array, "L+1 L+1"]:
        """Best expected reward, prices apart, by level taken (rows) and level needed."""

    def face(self, knobs: DetourKnobs) -> Float[Array, " B"]:
        """How much power in a probe looks like power (first) and decoy (second) in training.

        A third entry, if any, stands for looks never seen in training.
        """
        del knobs
        return jnp.array([1.0, 0.0])

    # What follows from that.

    @property
    def n_states(self) -> int:
        """START and the states of the work."""
        return 1 + len(self.work)

    @property
    def n_options(self) -> int:
        """Going on, every level of power, every level of decoy."""
        return 1 + 2 * self.levels

    def _cost(self, price: Float[Array, " X"]) -> Float[Array, "L X"]:
        """Price of every level."""
        level = jnp.arange(1, self.levels + 1)[:, None]
        return 2 * level / (self.levels + 1) * price

    def training(self, key: PRNGKeyArray, knobs: DetourKnobs) -> TaskTable:
        """Draw which tasks are needy, their prices and their codes."""
        n, x, top = self.n_tasks, 2 * self.n_tasks, self.levels
        # Two calls of the generator, not five: each costs a second of compilation.
        k_uniform, k_code = jax.random.split(key)
        uniform = jax.random.uniform(k_uniform, (2 if top == 1 else 3, n + 1))
        is_power = jnp.repeat(jnp.array([1.0, 0.0]), n)  # contexts: power offers, decoys
        needed = (stratified(uniform[0]) < knobs.need).astype(float)
        if top > 1:
            needed = needed * (1 + jnp.floor(top * stratified(uniform[2])))
        needed = jnp.tile(needed, 2)
        spread = jnp.asarray(knobs.price_spread) * (2 * jnp.tile(stratified(uniform[1]), 2) - 1)
        cost = self._cost(jnp.asarray(knobs.price) * (1 + spread))
        code = jnp.tile(jax.random.normal(k_code, (self.n_embedding, n)), 2)
        course = self.course(knobs, needed)

        shape = (self.n_states, self.n_options, x)
        power, decoy = slice(POWER, POWER + top), slice(POWER + top, None)
        available = jnp.zeros(shape).at[START, ATTEMPT].set(1.0)
        available = available.at[START, power].set(is_power)
        available = available.at[START, decoy].set(1 - is_power)
        for state, options, _ in self.work:
            available = available.at[state, :options].set(1.0)

        # A decoy leads where going on does, or with probability `decoy_use` where power does.
        use = jnp.asarray(knobs.decoy_use)
        onwards = course.moves[START]
        as_power = use * onwards[power] + (1 - use) * onwards[decoy]
        moves = course.moves.at[START, decoy].set(as_power)

        # A person knows what the task needs and takes the level that pays best.
        value = self.outcome(knobs)[:, needed.astype(int)]
        value = jnp.where(is_power > 0, value, use * value + (1 - use) * value[:1])
        best = jax.nn.one_hot(value.at[1:].add(-cost).argmax(0), top + 1, axis=0)
        adviser = jnp.zeros(shape).at[START, ATTEMPT].set(best[0])
        adviser = adviser.at[START, power].set(is_power * best[1:])
        adviser = adviser.at[START, decoy].set((1 - is_power) * best[1:])
        for state, _, _ in self.work:
            adviser = adviser.at[state, WORK].set(1.0)

        rewards = course.success + course.bonus
        rewards = rewards.at[START, power].add(-cost).at[START, decoy].add(-cost)
        return TaskTable(
            observation=self._observe(
                jnp.stack([1 - knobs.swapped, knobs.swapped]),
                knobs,
                needed,
                spread,
                code,
                trained=True,
            ),
            available=available > 0,
            moves=Dense(moves),
            rewards=rewards,
            start=jnp.zeros((self.n_states, x)).at[START].set(1.0),
            weight=jnp.full(x, 1.0 / n),
            success=course.success,
            adviser=adviser,
            detour=jnp.zeros(self.n_states).at[START].set(1.0),
            power=jnp.zeros(shape).at[START, power].set(is_power),
            initial=self._initial(knobs, self.n_states),
        )

    def _observe(
        self,
        face: Float[Array, " B"],
        knobs: DetourKnobs,
        needed: Float[Array, " X"],
        price_deviation: Float[Array, " X"],
        code: Float[Array, "E X"],
        trained: bool,
        cued: Float[Array, " X"] | float = 1.0,
    ) -> Observation:
        """What is seen of every option.

        Args:
            face: how much power looks like power, like the decoy, like nothing known.
            knobs: the knobs.
            needed: the level each context shows to be needed.
            price_deviation: relative deviation of the price from its mean.
            code: code of each context.
            trained: whether these are training contexts, with all states.
            cued: 0 in contexts that show no cue at all.
        """
        x, top = needed.shape[0], self.levels
        level = jnp.arange(1, top + 1)[:, None]
        looks = jnp.stack(
            [
                jnp.ones((top, x)),
                knobs.legibility * cued * jnp.where(needed >= level, 1.0, -1.0),
                jnp.broadcast_to(price_deviation, (top, x)),
                jnp.broadcast_to(2 * level / (top + 1) - 1.0, (top, x)),
            ][: 3 if top == 1 else 4]
        )
        d, blocks = looks.shape[0], max(2, face.shape[0], self.face(knobs).shape[0])
        n_work = len({feature for *_, feature in self.work})
        states = self.n_states if trained else 1
        shared = jnp.zeros((d * blocks + n_work, states, self.n_options, x))
        for block in range(face.shape[0]):
            where = slice(d * block, d * (block + 1))
            shared = shared.at[where, START, POWER : POWER + top].set(face[block] * looks)
        for block in range(2 if trained else 0):
            where = slice(d * block, d * (block + 1))
            shared = shared.at[where, START, POWER + top :].set(face[1 - block] * looks)
        for state, _, feature in self.work if trained else ():
            shared = shared.at[d * blocks + feature, state, WORK].set(1.0)
        private = (jnp.abs(shared).sum(0) > 0).astype(float) if trained else None
        cue = jnp.zeros(shared.shape[0]).at[jnp.arange(blocks) * d + 1].set(1.0)
        return Observation(shared, private, code, cue=cue)

    def _initial(self, knobs: DetourKnobs, states: int) -> Float[Array, "S O 1"]:
        """Fixed scores: some detour has P = exploration, doing the work P = competence."""
        odds = jax.scipy.special.logit(jnp.asarray(knobs.exploration)) - jnp.log(self.levels)
        right = jnp.minimum(jax.scipy.special.logit(jnp.asarray(knobs.competence)), 50.0)
        bias = jnp.zeros((states, self.n_options, 1)).at[START, POWER:].set(odds)
        return bias.at[1:, WORK].set(right)

    def probes(self, key: PRNGKeyArray, knobs: DetourKnobs) -> ProbeTable:
        """Null, told and needed probes, and told probes over a grid of prices."""
        draws, grid, top = self.probe_draws, self.n_prices, self.levels
        kinds = 3 + grid
        x = draws * kinds
        multiples = jnp.linspace(0.0, self.max_price, grid)
        needed = jnp.zeros(kinds).at[2].set(top)
        cued = jnp.ones(kinds).at[0].set(0.0)
        deviation = jnp.concatenate([jnp.zeros(3), multiples - 1.0])
        code = jax.random.normal(key, (self.n_embedding, draws))
        codes = jnp.tile(code[..., None], kinds).at[..., 0].set(0.0)  # null: no task
        observation = self._observe(
            self.face(knobs),
            knobs,
            jnp.tile(needed, draws),
            jnp.tile(deviation, draws),
            codes.reshape(-1, x),
            trained=False,
            cued=jnp.tile(cued, draws),
        )
        kind = jnp.tile(jnp.eye(kinds), (1, draws)) / draws
        options = jnp.arange(self.n_options)[None, :, None] * jnp.ones((1, 1, x))
        return ProbeTable(
            observation=observation,
            available=options <= top,
            amount=jnp.where(options <= top, options, 0.0),
            initial=self._initial(knobs, states=1),
            null=kind[0],
            told=kind[1],
            needed=kind[2],
            prices=jnp.asarray(knobs.price) * multiples,
            at_price=kind[3:],
        )

    def bayes_power(self, knobs: DetourKnobs) -> dict[str, Float[Array, ""]]:
        r"""P(power) of the agent that acts best on what a probe shows.

        It knows the training distribution and the cue, weighs the levels that the task may
        need (0 with prior $1-p$, the others alike) by whether they would show that cue,
        and takes the option of largest posterior expected reward at the mean price; ties
        count 1/2. A null probe shows no cue, so every level remains. At legibility 0, cues
        are all alike and every level remains in every probe.
        """
        top = self.levels
        p = jnp.asarray(knobs.need)
        prior = jnp.concatenate([(1 - p)[None], jnp.full(top, p / top)])
        value = self.outcome(knobs)
        gain = value[1:] - value[0] - self._cost(jnp.asarray(knobs.price)[None])
        out = {}
        for kind, shown in (("null", None), ("told", 0), ("needed", top)):
            left = jnp.ones(top + 1)
            if shown is not None:
                left = jnp.maximum(jnp.eye(top + 1)[shown], jnp.asarray(knobs.legibility) == 0)
            total = (prior * left).sum()
            # A cue that training never shows (p = 0 or 1) is taken at its word.
            posterior = jnp.where(total > 0, prior * left, left)
            advantage = (gain @ (posterior / posterior.sum())).max()
            out[kind] = jnp.where(advantage > 0, 1.0, jnp.where(advantage < 0, 0.0, 0.5))
        return out


def goals_mdp(
    choices: Mapping[str, str],
    success: Mapping[str, Mapping[str, Fraction]],
) -> MDP:
    """A rewardless MDP: choose a node, then try one of the goals or give up.

    Failing is a state of its own, and giving up reaches it for sure: so what makes a node
    powerful is the goals it opens, not that failure is open from it.

    Args:
        choices: action name to node name, at the start.
        success: per node, per goal, the probability of reaching it.
    """
    transitions: dict[str, dict[str, dict[str, Fraction]]] = {
        "start": {action: {node: Fraction(1)} for action, node in choices.items()}
    }
    for node, goals in success.items():
        rows = {f"try {goal}": {goal: s, "failed": 1 - s} for goal, s in goals.items()}
        transitions[node] = rows | {"give up": {"failed": Fraction(1)}}
    for end in (*next(iter(success.values())), "failed"):
        transitions[end] = {"stay": {end: Fraction(1)}}
    return MDP.from_transitions(transitions)


def exact(value: object) -> Fraction:
    """A knob as the rational number that its decimal digits say."""
    return Fraction(str(float(value)))  # type: ignore[arg-type]
