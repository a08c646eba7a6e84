"""My solution as a package: functional.py and nn/ do the work, mlp_numpy.py collects the names of the assignment."""
from . import config
from .mlp_numpy import *  # noqa
