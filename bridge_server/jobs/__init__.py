"""Jobs: what was asked, kept on disk, done one at a time by a worker process that may die."""
