"""All attacks, by group."""

from ..case import Case
from . import crossing, kernel, network, processes, reads, resources, results, writes

GROUPS: dict[str, list[Case]] = {
    module.GROUP: list(module.CASES)
    for module in (reads, writes, network, processes, resources, results, crossing, kernel)
}
