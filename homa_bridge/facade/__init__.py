"""What the PHP classes of the site ask for."""
