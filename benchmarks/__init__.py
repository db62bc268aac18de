"""Benchmarks, run by hand: they make their own data and compare with peers in the same run."""
