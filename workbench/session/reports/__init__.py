"""What the shipped reports say: tables in words and units, and the values that ``workbench.plots`` draws."""
