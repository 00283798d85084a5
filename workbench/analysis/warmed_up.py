"""Imported once where workers are forked from, so that they share what the analysis needs, ready and in memory."""

from workbench.analysis.analyze_file import warm_up

warm_up()
