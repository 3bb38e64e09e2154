"""What hands the service over to the machine: a unit for systemd, and the lines for a web server in front of it."""
