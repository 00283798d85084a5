"""Tags in files: plan changes, change files without losing anything, and change them back."""
