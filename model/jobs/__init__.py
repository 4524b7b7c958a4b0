"""Training jobs: their queue, and the process in which they run."""
