"""A language model that words summaries in the background, if the owner wants one."""
