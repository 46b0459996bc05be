"""The command line: one module a group of commands, each with `register(subparsers)` and `run(args) -> exit code`."""
