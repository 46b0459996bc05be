"""The program that runs functions: a zygote, its workers, and one forked process per call.

It stands alone: standard library only, relative imports only, no import of the rest of the project. It is started in a
fresh interpreter with an empty environment and talks to its host over sockets; so it can be put into a jail that holds
nothing but an interpreter and this folder.

    main       the zygote: imports the libraries once, forks workers
    worker     takes one call after another, forks a process for each, watches it, ends it
    child      inside that process: limits, then the function, then its result
    binding    arguments against the signature
    jsonable   results as JSON
    processes  finding and ending what a call left behind
    scratch    removing a folder that someone hostile has filled
    framing    messages over a socket
    warm       libraries that are imported before anything is forked
"""
