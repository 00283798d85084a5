"""Analyses and other work under way: plans, tasks, jobs, reports, the queue of the server."""
