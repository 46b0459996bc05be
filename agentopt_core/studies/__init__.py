"""Many runs as one question, with repeated seeds and the uncertainty of the answer.

plan      a study file (TOML) as a checked value
arms      what the kinds compare, and the cells they come to: arm x task set x seed
making    what is looked at before a study begins      outlook   what it will take
folder    a study on disk                              journal   what became of each cell
measured  a finished run as one cell's result          state     where a study stands, from its journal
runner    starts the runs, goes on after a kill        purse     holds the budget
result    cells -> the table                           reading   what the table says, in sentences
statistics  several seeds on the same tasks            paper     the paper's own figures
view      a study as pages and command line show it    export    Markdown, CSV, LaTeX
"""
