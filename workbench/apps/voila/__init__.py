"""The Voila server and its pages."""
