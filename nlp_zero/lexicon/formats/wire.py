"""The part of the wire format of Protocol Buffers that SentencePiece files need: varints, 32-bit numbers, bytes.

A message is a sequence of fields, each a varint tag (number * 8 + kind) and a value: kind 0 is a varint, 1 eight bytes,
2 a varint length and that many bytes, 5 four bytes.  (protobuf.dev/programming-guides/encoding)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

__all__ = ["bytes_field", "fields", "float_field", "int_field"]


def varint(value: int) -> bytes:
    """Encode a number, seven bits a byte, the lowest first."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def int_field(number: int, value: int) -> bytes:
    """Encode a field that holds a whole number."""
    return varint(number << 3) + varint(value)


def float_field(number: int, value: float) -> bytes:
    """Encode a field that holds a 32-bit floating-point number."""
    return varint(number << 3 | 5) + struct.pack("<f", value)


def bytes_field(number: int, value: bytes) -> bytes:
    """Encode a field that holds bytes."""
    return varint(number << 3 | 2) + varint(len(value)) + value


def read_varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Decode the number at `at`, of at most ten bytes; also return where it ends."""
    value = shift = 0
    for place in range(at, min(end, at + 10)):
        value |= (data[place] & 127) << shift
        if data[place] < 128:
            return value, place + 1
        shift += 7
    raise ValueError(f"byte {at}: a number does not end; the file is damaged.")


def fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int | float, int, int]]:
    """Yield the fields of data[at:end]: (number, value, begin, end); bytes have value 0 and are data[begin:end].

    Nothing is copied, so a wrong length needs no memory; it raises `ValueError` with the place.
    """
    while at < end:
        begin = at
        tag, at = read_varint(data, at, end)
        number, kind, value = tag >> 3, tag & 7, 0
        size = {1: 8, 5: 4}.get(kind, 0)
        if number == 0 or kind not in (0, 1, 2, 5):
            raise ValueError(f"byte {begin}: this is not a field of a model file; it is damaged or of another kind.")
        if kind == 0:
            value, at = read_varint(data, at, end)
        elif kind == 2:
            size, at = read_varint(data, at, end)
        if size > end - at:
            raise ValueError(f"byte {begin}: a field of {size} bytes goes past the end; the file is truncated.")
        yield number, struct.unpack_from("<f", data, at)[0] if kind == 5 else value, at, at + size
        at += size
