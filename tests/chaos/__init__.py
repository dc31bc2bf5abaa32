"""Crashes, retries, rate limits and restarts at random, from a seed; and whether every promise was kept."""
