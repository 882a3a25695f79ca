"""In PYTHONPATH, the folder of this module keeps the installed uvloop from a program."""

raise ImportError("the benchmark measures this program without uvloop")
