"""Training (arXiv 2402.11359, Algorithm 2): propose, evaluate, keep or roll back, stop."""
