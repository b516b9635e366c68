"""Rules about edge."""
