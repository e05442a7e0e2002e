"""What `scripts/fuzz` is made of: one harness under the fuzzer, its corpus, its coverage, and how all that is told."""
