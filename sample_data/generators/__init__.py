"""The families of the sample tasks: each draws numbers, words a question and works out the answer by its own code."""
