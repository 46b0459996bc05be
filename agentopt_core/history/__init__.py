"""What happened in every run: the run folders with their journals, and the history that is queried from them."""
