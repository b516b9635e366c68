"""Rules about scaling."""
