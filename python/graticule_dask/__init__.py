"""Runs graticule plans on a Dask cluster.

A graticule program starts ``python -m graticule_dask`` (the bridge) and talks to it over pipes. The
bridge hands batches of the plan to a Dask scheduler; each Dask worker runs them with graticule's own
core, which it loads as a shared library or keeps as a child process.

Nothing here is meant to be called by hand. Importing the package is cheap: it imports no Dask.
"""

__version__ = "0.1.0"

#: The version of the frames, of the library's functions and of the child's messages.
PROTOCOL = 1
