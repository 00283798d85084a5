"""The content of the shipped reports: tables with units, and the values that ``workbench.plots`` draws."""
