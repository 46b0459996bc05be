"""The cases write system calls by their numbers on x86_64; where others hold, these are what they are called."""

import platform

ABSENT = 999
"""A number that no kernel knows, for a call that an architecture lacks: it answers that there is none."""
AARCH64 = {
    0: 63, 16: 29, 29: 194, 30: 196, 41: 198, 56: 220, 58: ABSENT, 60: 93, 62: 129, 64: 190, 68: 186, 72: 25,
    101: 117, 103: 116, 105: 146, 109: 154, 116: 159, 117: 147, 119: 149, 122: 151, 125: 90, 126: 91, 129: 138,
    135: 92, 144: 119, 149: 228, 154: ABSENT, 155: 41, 157: 167, 159: 171, 161: 51, 164: 170, 165: 40, 166: 39,
    167: 224, 168: 225, 169: 142, 170: 161, 171: 162, 172: ABSENT, 173: ABSENT, 175: 105, 176: 106, 179: 60,
    180: 42, 187: 213, 200: 130, 203: 122, 212: 18, 222: 107, 223: 110, 227: 112, 231: 94, 234: 131, 237: 235,
    240: 180, 246: 104, 248: 217, 249: 218, 250: 219, 251: 30, 253: ABSENT, 256: 238, 272: 97, 275: 76, 278: 75,
    294: 26, 297: 240, 298: 241, 300: 262, 303: 264, 304: 265, 306: 267, 307: 269, 308: 268, 310: 270, 311: 271,
    312: 272, 313: 273, 314: 274, 316: 276, 317: 277, 319: 279, 320: 294, 321: 280, 322: 281, 323: 282, 330: 289,
}  # fmt: skip
"""By the number on x86_64. From 424 on all architectures have the same ones."""
HERE = AARCH64 if platform.machine() == "aarch64" else {}


def here(number: int) -> int:
    """The number, on this machine, of a call that has this one on x86_64."""
    return HERE.get(number, number)
