"""Running work: plans, tasks, jobs, reports, and the queue of the server."""
