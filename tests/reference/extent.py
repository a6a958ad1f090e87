"""Tokens of more than one character, by regular expressions; `regex` knows the properties of Unicode."""

from __future__ import annotations

import sys
import unicodedata

import regex

from tests.reference.text import is_alnum

LONGEST_LOCAL_PART = 64


def _set_of(characters: str) -> str:
    return "[" + "".join(rf"\U{ord(c):08x}" for c in characters) + "]"


# Only characters that every version of Unicode since 14.0 treats alike are in the texts of the tests.
_ALNUM = [chr(c) for c in range(sys.maxunicode + 1) if is_alnum(chr(c))]
_LATIN = _set_of("".join(c for c in _ALNUM if unicodedata.category(c) != "Nd"))
_EXTENDING = r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]"
_CONTROL = r"[\p{GCB=Control}\r\n]"
_DIGIT = r"\p{Nd}"
_KEYCAP = r"[0-9#*]\uFE0F?\u20E3"
_ALNUM_RUN = rf"(?:(?!{_KEYCAP})(?:{_LATIN}|{_DIGIT}){_EXTENDING}*)+"
_PLAIN_RUN = rf"(?:(?!{_KEYCAP}){_DIGIT})+"
_NOT_MORE = rf"(?!{_DIGIT})"
_MORE_DIGITS = rf"(?:[./．／·]{_DIGIT}+)*"
NUMBER = regex.compile(
    rf"{_DIGIT}{{4}}(?<!{_DIGIT}{{5}})([-－]){_DIGIT}{{1,2}}\1{_DIGIT}{{1,2}}{_NOT_MORE}"
    rf"|(?:{_DIGIT}{{1,2}}(?:[:：∶]{_DIGIT}{{2}}{_NOT_MORE}){{1,2}}"
    rf"|{_DIGIT}{{1,3}}(?:,{_DIGIT}{{3}}{_NOT_MORE})+"
    rf"|{_PLAIN_RUN}){_MORE_DIGITS}[%％‰‱]?"
)
WORD = regex.compile(
    rf"{_ALNUM_RUN}(?:(?:['’](?={_LATIN})|[-‐‑]|(?<={_DIGIT})\.(?={_DIGIT}))(?!{_KEYCAP}){_ALNUM_RUN})*"
)
EMAIL = regex.compile(
    rf"[A-Za-z0-9._%+-]{{0,{LONGEST_LOCAL_PART - 1}}}[A-Za-z0-9]@"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
URL = regex.compile(r"(?i:https?://|ftp://|www\.)(?=[A-Za-z0-9])([!#-;=?-\[\]_a-z~]|[A-Z])+")
HANGUL = regex.compile(r"\p{GCB=L}*(?:\p{GCB=V}+|\p{GCB=LV}\p{GCB=V}*|\p{GCB=LVT})\p{GCB=T}*|\p{GCB=L}+|\p{GCB=T}+")
EMOJI = regex.compile(r"\p{Extended_Pictographic}(?:\p{GCB=Extend}*\u200D\p{Extended_Pictographic})*")
REPEATED = regex.compile(rf"(?!\p{{Ps}}|\p{{Pe}}|\p{{Pi}}|\p{{Pf}}|[\"'＂＇])([\p{{P}}\p{{S}}])(?:(?!{_KEYCAP})\1)*")
FLAG = regex.compile(r"\p{RI}{1,2}")
PREPENDED = regex.compile(rf"(?:\p{{GCB=Prepend}}(?=.)(?!{_CONTROL}))*", regex.DOTALL)


def _address(text: str, at: int) -> str:
    """The URL or e-mail address that begins here, or the empty string."""
    if found := URL.match(text, at):
        url = found[0]
        while url.endswith(tuple(".,:;!?'*~")) or (url[-1] == ")" and url.count(")") > url.count("(")):
            url = url[:-1]
        return url
    if found := EMAIL.match(text, at):
        local, domain = found[0].split("@")
        labels = domain.split(".")
        while labels and (len(labels[-1]) < 2 or labels[-1][0] in "0123456789"):
            labels.pop()
        return f"{local}@{'.'.join(labels)}" if len(labels) > 1 else ""
    return ""


def _core(text: str, at: int) -> str:
    """The token at a place, without the marks that extend its last character."""
    if text.startswith("\r\n", at):
        return "\r\n"
    if found := regex.compile(_KEYCAP).match(text, at):
        return str(found[0])
    if is_alnum(text[at]):
        if address := _address(text, at):
            return address
        run = regex.compile(_ALNUM_RUN).match(text, at)
        plain = regex.compile(_PLAIN_RUN).match(text, at)
        pattern = NUMBER if plain and plain[0] == run[0] else WORD
        return str(pattern.match(text, at)[0])
    for pattern in (FLAG, EMOJI, REPEATED, HANGUL):
        if found := pattern.match(text, at):
            return str(found[0])
    return text[at]


def token_end(text: str, at: int) -> int:
    """The end of the number, word in Latin letters, address, mark or grapheme cluster that begins here."""
    begin = PREPENDED.match(text, at).end()
    end = begin + len(_core(text, begin))
    if regex.match(_CONTROL, text[end - 1]):
        return end
    return int(regex.compile(f"{_EXTENDING}*").match(text, end).end())


def kind_name(token: str) -> str:
    """The kind of a token, ``word`` if it is none of the others."""
    core = PREPENDED.sub("", token, count=1) or token
    category = unicodedata.category(core[0])
    rest = regex.sub(_EXTENDING, "", core[1:])
    if any(unicodedata.category(c)[0] not in "PSZC" and not is_alnum(c) for c in rest):
        return "word"
    if regex.match(_KEYCAP, core) or regex.match(
        r"\p{RI}|[\p{Emoji_Presentation}\U0001F000-\U0001FFFD&&\p{ExtPict}]|\p{ExtPict}\uFE0F", core, regex.V1
    ):
        return "emoji"
    if is_alnum(core[0]):
        if "@" in core or regex.match("(?i)https?://|ftp://|www\\.", core):
            return "url"
        return "number" if all(unicodedata.category(c) == "Nd" for c in core if is_alnum(c)) else "latin"
    if core[0].isspace() or category[0] == "Z":
        return "space"
    return {"P": "punctuation", "S": "symbol", "C": "control"}.get(category[0], "word")
