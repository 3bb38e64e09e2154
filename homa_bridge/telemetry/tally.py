"""What the current thread has asked of the database since somebody last looked."""

import threading


class Tally(threading.local):
    """Counts without a lock: a request is one thread's from its beginning to its end."""

    statements: int = 0
    seconds: float = 0.0

    def take(self) -> tuple[int, float]:
        """Return how many statements there were, and how long they took in seconds; count from nothing again."""
        taken = self.statements, self.seconds
        self.statements, self.seconds = 0, 0.0
        return taken


tally = Tally()
