"""From a sentence to the ids of its n-grams. `tokens.ts` is the same step in TypeScript; tokens.vectors.json holds both to it."""

import re
import unicodedata

#: Rows of the weight table; ids are 1..BUCKETS, and 0 pads.
BUCKETS = 1 << 16
#: Ids that one sentence gives at most; what comes later in the text is dropped.
MAX_IDS = 256
STEM_LENGTH = 4
#: Words that a negation reaches.
NEGATION_REACH = 3
NEGATIONS = {"not", "no", "never", "nothing", "without", "nor", "hardly", "cannot", "dont"}

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
SPACE, STEM, NEGATED = 0x20, 0x7E, 0x21


def words(text: str) -> list[str]:
    """Letters and digits, with apostrophes inside; lower case, composed (NFC)."""
    return WORD.findall(unicodedata.normalize("NFC", text).lower().replace("\u2019", "'"))


def token_ids(text: str) -> list[int]:
    """At most MAX_IDS different ids, in order of the text: each word, its stem, the pair with the word before, its negated form."""
    ids: dict[int, None] = {}
    before, reach = fnv1a(b""), 0
    for word in words(text):
        plain = fnv1a(word.encode())
        ids[bucket(plain)] = None
        ids[bucket(fnv1a(word[:STEM_LENGTH].encode(), fnv1a(bytes([STEM]))))] = None
        ids[bucket(fnv1a(word.encode(), fnv1a(bytes([SPACE]), before)))] = None
        if reach > 0:
            ids[bucket(fnv1a(word.encode(), fnv1a(bytes([NEGATED]))))] = None
        reach = NEGATION_REACH if word in NEGATIONS or word.endswith("n't") else max(reach - 1, 0)
        before = plain
    return list(ids)[:MAX_IDS]


def fnv1a(data: bytes, state: int = 0x811C9DC5) -> int:
    """32-bit FNV-1a (Fowler, Noll, Vo); `state` continues an earlier hash."""
    for byte in data:
        state = ((state ^ byte) * 0x01000193) & 0xFFFFFFFF
    return state


def bucket(hash32: int) -> int:
    """The id of a hash: its two halves folded, as FNV's authors advise for tables of a power of two."""
    return ((hash32 >> 16) ^ (hash32 & 0xFFFF)) + 1
