"""The colours of the charts, readable on the light and on the dark ground; a word or a shape always stands beside them.

Apart from the charts themselves: whoever needs a colour alone need not load a library that draws.
"""

ACCENT, AMBER, GREY, RED, VIOLET, GREEN = "#4F72E3", "#D9822B", "#8791A5", "#D05252", "#9A6BD0", "#2F9E6B"
