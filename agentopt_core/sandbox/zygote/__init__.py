"""The program that runs functions: a zygote, its workers, and one forked process per call.

It stands alone: standard library only, relative imports only, no import of the rest of the project. It is started in a
fresh interpreter with an empty environment and talks to its host over sockets; so it can be put into a jail that holds
nothing but an interpreter and this folder.

    main         the zygote: imports the libraries once, forks workers
    worker       takes one call after another, or the cells of one notebook
    call         one forked process with its pipes and its folder
    watch        its output, its time, its end
    child        inside that process: limits, confinement, then the function, then its result
    confinement  Landlock and the filter on system calls, as the level has them
    landlock, seccomp, syscalls, kernel   what the kernel offers for it
    binding      arguments against the signature
    jsonable     results as JSON
    processes    finding and ending what a call left behind
    scratch      removing a folder that someone hostile has filled
    framing      messages over sockets and pipes
    offered      what can be imported
    warm         libraries that are imported before anything is forked
"""
