"""Writes bzip2 data whose blocks have the mark of a block within them, again and again.

usage: false_marks.py PATH SEED BLOCKS

Symbols of three bits each, of which no two blocks have the same: what they decode to is whatever
the inverse transform makes of them, digits and line ends.
"""
import bz2
import random
import sys

LETTERS = b"\n12345"
MARK, END = 0x314159265359, 0x177245385090
SPELLED = [MARK >> shift & 7 for shift in range(45, -1, -3)]  # none of these is 7, the block's end


def checksum(text):
    value = 0xFFFFFFFF
    for byte in text:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value >> 31 else 0)) & 0xFFFFFFFF
    return value ^ 0xFFFFFFFF


def last_column(symbols):
    """Undoes run lengths and move-to-front."""
    order, column, run, weight = list(LETTERS), bytearray(), 0, 1
    for symbol in symbols + [7]:
        if symbol < 2:
            run += weight << symbol
            weight *= 2
            continue
        column += bytes(order[:1]) * run
        run, weight = 0, 1
        if symbol < 7:
            order.insert(0, order.pop(symbol - 1))
            column.append(order[0])
    return column


def text_of(column, origin):
    """Undoes the transform and the first run lengths, as libbz2 does with any column."""
    places = sorted(range(len(column)), key=lambda i: column[i])
    at, text, same = places[origin], bytearray(), 0
    for _ in column:
        byte = column[at]
        at = places[at]
        if same == 4:
            text += text[-1:] * byte
            same = 0
        else:
            same = same + 1 if same and text[-1] == byte else 1
            text.append(byte)
    return bytes(text)


def block(rng):
    symbols = []
    while len(symbols) < 4000:
        symbols += [rng.randrange(2, 7) for _ in range(40)] + SPELLED + [2 + len(symbols) % 5]
    column = last_column(symbols)
    origin = rng.randrange(len(column))
    check = checksum(text_of(column, origin))
    used = [sum(1 << 15 - b % 16 for b in LETTERS if b // 16 == i) for i in range(16)]
    bits = f"{MARK:048b}{check:032b}0{origin:024b}"
    bits += "".join("1" if part else "0" for part in used)
    bits += "".join(f"{part:016b}" for part in used if part)
    selectors = len(symbols) // 50 + 1
    bits += f"{2:03b}{selectors:015b}" + "0" * selectors
    bits += (f"{3:05b}" + "0" * 8) * 2
    return bits + "".join(f"{symbol:03b}" for symbol in symbols + [7]), check


rng, all_bits, combined = random.Random(int(sys.argv[2])), "", 0
for _ in range(int(sys.argv[3])):
    bits, check = block(rng)
    all_bits += bits
    combined = ((combined << 1 | combined >> 31) & 0xFFFFFFFF) ^ check
all_bits += f"{END:048b}{combined:032b}"
all_bits += "0" * (-len(all_bits) % 8)
data = b"BZh9" + int(all_bits, 2).to_bytes(len(all_bits) // 8, "big")
with open(sys.argv[1] + ".bz2", "wb") as file:
    file.write(data)
with open(sys.argv[1], "wb") as file:
    file.write(bz2.decompress(data))
