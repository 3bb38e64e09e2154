"""What breaks around the service, and what it does then: the answers, the log, the tables, and how it comes back."""
