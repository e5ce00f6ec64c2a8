"""powerseek: does reinforced power-seeking become a drive for power itself?

* `powerseek.theory`: POWER and its neighbours in finite Markov decision processes.
* `powerseek.toymodels`: small worlds and thousands of agents trained in them.
* `powerseek.proofs`: the theorems behind both, and how each is checked.
"""

from importlib.metadata import version

__version__ = version("powerseek")
