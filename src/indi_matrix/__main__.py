"""Run the command line by `python -m indi_matrix`."""

from indi_matrix.cli import main

main()
