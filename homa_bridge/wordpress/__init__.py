"""What a WordPress site says of itself: its configuration file and its options."""
