"""States split over processes: the same results, in order, and nothing left behind."""

import importlib
import os
import pickle
import signal
import subprocess
import sys
import time

import pytest

from powerseek.theory.errors import InvalidInput
from powerseek.theory.exact import exact_power, symbolic_power, workers
from powerseek.theory.exact.workers import for_each_state
from powerseek.theory.gallery import load, random_deterministic
from powerseek.theory.power import power


@pytest.fixture
def impatient(monkeypatch):
    """Other processes are started at once."""
    monkeypatch.setattr(workers, "PATIENCE", -1.0)


MODULE = """
import os, time

def process_of(state):
    time.sleep(0.2)
    return os.getpid()

def threads_of(state):
    return os.environ.get("OPENBLAS_NUM_THREADS")
"""


@pytest.fixture
def process_of(tmp_path, monkeypatch):
    """A function that other processes can import: which process a state is computed in."""
    (tmp_path / "whose_process.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("whose_process").process_of


def test_states_are_split_over_processes(impatient, process_of):
    """Each is done by one of so many others, and they come back in the order asked for."""
    done = []
    found = for_each_state(process_of, [3, 1, 2, 0], 2, lambda *counts: done.append(counts))
    assert list(found) == [3, 1, 2, 0]
    assert os.getpid() not in found.values()
    assert len(set(found.values())) <= 2
    assert done == [(k, 4) for k in (1, 2, 3, 4)]


def test_other_processes_have_one_thread_each(impatient, process_of, monkeypatch):
    """Together they would have as many as there are cores, each; what is set already wins."""
    threads_of = importlib.import_module("whose_process").threads_of
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert set(for_each_state(threads_of, [0, 1], 2).values()) == {"1"}
    assert "OPENBLAS_NUM_THREADS" not in os.environ
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    assert set(for_each_state(threads_of, [0, 1], 2).values()) == {"3"}
    assert os.environ["OPENBLAS_NUM_THREADS"] == "3"


def test_what_is_quick_stays_here(process_of):
    """No process is started for it."""
    assert set(for_each_state(process_of, [0, 1], 2).values()) == {os.getpid()}
    quick = {0: 0.1, 1: 0.1}
    assert set(for_each_state(process_of, [0, 1], 2, seconds=quick).values()) == {os.getpid()}


def test_what_is_predicted_to_be_slow_goes_to_others_at_once(process_of):
    """Not even the first state is done here."""
    slow = {0: 1.0, 1: 60.0}
    assert os.getpid() not in for_each_state(process_of, [0, 1], 2, seconds=slow).values()


def test_the_longest_comes_first():
    """So that no core is idle while it is computed; results come in the order asked for."""
    seen = []
    found = for_each_state(seen.append, [0, 1, 2], seconds={0: 1.0, 1: 9.0, 2: 5.0})
    assert seen == [1, 2, 0]
    assert list(found) == [0, 1, 2]


def test_exact_methods_say_what_to_expect(monkeypatch):
    """Predictions are for the very states that are computed."""
    told = []

    def spy(function, states, workers, progress, seconds):
        told.append(seconds.keys() == set(states))
        return for_each_state(function, states, 1, progress, seconds)

    monkeypatch.setattr(
        importlib.import_module("powerseek.theory.exact.power"), "for_each_state", spy
    )
    monkeypatch.setattr(
        importlib.import_module("powerseek.theory.exact.symbolic"), "for_each_state", spy
    )
    mdp = random_deterministic(3, 5)
    for force in (False, True):
        exact_power(mdp, "9/10", workers=2, force=force)
        symbolic_power(mdp, workers=2, force=force)
    assert told == [True] * 4


@pytest.mark.parametrize("compute", [exact_power, symbolic_power])
def test_results_do_not_depend_on_workers(impatient, compute):
    """Fractions and formulas come back as they went."""
    mdp = random_deterministic(3, 5)
    given = (mdp, "9/10", "uniform") if compute is exact_power else (mdp, "uniform")
    assert compute(*given, workers=2) == compute(*given)


def test_formulas_can_be_pickled():
    """Rational functions and algebraic breakpoints are kept exactly."""
    for formula in symbolic_power(random_deterministic(1, 5)):
        assert pickle.loads(pickle.dumps(formula)) == formula


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True])
def test_there_must_be_a_worker(wrong):
    """One clear line."""
    with pytest.raises(InvalidInput, match="workers: got"):
        power(load("wait"), "1/2", method="exact", workers=wrong)


SCRIPT = """
import os, time
from powerseek.theory.exact import workers

workers.PATIENCE = -1.0


def slow(state):
    os.write(1, b"at work\\n")  # at once: print() writes the end of a line by itself
    time.sleep(60)


if __name__ == "__main__":
    workers.for_each_state(slow, [0, 1, 2], 2)
"""


def test_a_script_without_a_guard_is_told(tmp_path):
    """It ends, with the reason, and does not hang."""
    script = tmp_path / "unguarded.py"
    script.write_text(SCRIPT.replace('if __name__ == "__main__":', "if True:"))
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert run.returncode == 1
    assert "__main__" in run.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.usefixtures("interrupts")
def test_ctrl_c_ends_all_processes(tmp_path):
    """At once."""
    script = tmp_path / "slow.py"
    script.write_text(SCRIPT)
    run = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert run.stdout.readline() == "at work\n"
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    for _ in range(200):  # until the system has buried them
        if not is_alive(run.pid):
            break
        time.sleep(0.1)
    else:
        pytest.fail("there are processes left")


def is_alive(group):
    """Whether a process group has any process."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
