"""What the benchmarks share: payloads, a fake upstream, contenders, workers and tables."""
