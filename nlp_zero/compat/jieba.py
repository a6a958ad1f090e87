"""The functions of jieba on our tokenizer: ``import nlp_zero.compat.jieba as jieba``.

There is no built-in dictionary.  Give a lexicon first, with ``jieba.set_dictionary("words.tsv")`` or
``jieba.Tokenizer(lexicon)``.

>>> import nlp_zero.compat.jieba as jieba
>>> from nlp_zero import Lexicon
>>> jieba.set_dictionary(Lexicon(["研究", "研究生", "生命", "起源"], [40, 10, 30, 20]))
>>> jieba.lcut("研究生命起源。")
['研究', '生命', '起源', '。']
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter

from .._utils.validation import check_choice, check_integer
from ..errors import FormatError
from ..lexicon import Lexicon
from ..tokenization import Tokenizer as LexiconTokenizer
from .frequencies import Frequencies
from .userdict import read_user_words

__all__ = [
    "Tokenizer", "add_word", "cut", "cut_for_search", "del_word", "disable_parallel", "dt", "enable_parallel",
    "get_FREQ", "initialize", "lcut", "lcut_for_search", "load_userdict", "setLogLevel", "set_dictionary",
    "suggest_freq", "tokenize",
]  # fmt: skip

Dictionary = str | os.PathLike[str] | Lexicon
NO_LEXICON = (
    "no lexicon was given. Call jieba.set_dictionary('words.tsv') before other functions, or use "
    "jieba.Tokenizer('words.tsv'); 'nlpzero build-vocab TEXT -o words.tsv' makes such a file, and word lists such as "
    "dict.txt of jieba can be read too."
)


class Tokenizer:
    """A tokenizer with the methods of ``jieba.Tokenizer``.  Mutable, picklable, safe to share between threads.

    Words are added and deleted at any time.  The tokenizer is built when text is next cut, once for all changes; that
    takes about as long as `nlp_zero.Tokenizer` takes for the lexicon.

    Parameters
    ----------
    dictionary : str, path-like or Lexicon, optional
        A lexicon, or the name of a file that `Lexicon.load` reads (read on first use); word lists such as dict.txt of
        jieba are among them.  Default: none; `set_dictionary` or `initialize` must give one.

    Notes
    -----
    Without changes, `lcut` gives the tokens of ``nlp_zero.Tokenizer(lexicon)``.  Its rules for numbers, Latin words,
    addresses, repeated marks and emoji hold here, not those of jieba: 3.14, don't and …… are one token each.

    ``HMM=True`` (jieba: use a hidden Markov model to find words that the dictionary lacks) finds such words if the
    lexicon was made for that, as ``bayes`` lexicons are (``new_words`` of `nlp_zero.Tokenizer`); for other lexicons it
    changes nothing.  ``HMM=False`` finds none.

    A word with letters, digits or marks that is added, such as C++ or A股, is always a token where its parts would
    have been, whatever its frequency.

    Examples
    --------
    >>> tokenizer = Tokenizer(Lexicon(["研究", "研究生", "生命", "起源"], [40, 10, 30, 20]))
    >>> tokenizer.add_word("生命起源")
    >>> tokenizer.lcut("研究生命起源")
    ['研究', '生命起源']
    >>> tokenizer.lcut_for_search("研究生命起源")
    ['研究', '生命', '起源', '生命起源']
    >>> tokenizer.lcut("研究生命起源", cut_all=True)
    ['研究', '研究生', '生命', '生命起源', '起源']
    """

    def __init__(self, dictionary: Dictionary | None = None) -> None:
        self._lock = threading.RLock()
        self._dictionary: str | Lexicon | None = None if dictionary is None else _check_dictionary(dictionary)
        self._lexicon: Lexicon | None = None
        self._frequencies: Frequencies | None = None
        self._tokenizers: dict[bool, LexiconTokenizer] = {}

    def __repr__(self) -> str:
        return f"<Tokenizer dictionary={self._dictionary!r}>"

    def __getstate__(self) -> dict[str, object]:
        with self._lock:  # the state must not change while it is written
            frequencies = None if self._frequencies is None else self._frequencies.copy()
            return {"_dictionary": self._dictionary, "_lexicon": self._lexicon, "_frequencies": frequencies}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state, _lock=threading.RLock(), _tokenizers={})

    # The dictionary

    def initialize(self, dictionary: Dictionary | None = None) -> None:
        """Read the dictionary now, so that the first call of another method does not have to.

        Parameters
        ----------
        dictionary : str, path-like or Lexicon, optional
            Replaces the dictionary; see `set_dictionary`.

        Raises
        ------
        FormatError
            If the file cannot be read.
        ValueError
            If there is no dictionary, or it is a vocabulary with byte fallback.
        """
        with self._lock:
            if dictionary is not None:
                self.set_dictionary(dictionary)
            self._tokenizer(True)

    def set_dictionary(self, dictionary_path: Dictionary) -> None:
        """Replace the dictionary; words that were added or deleted are forgotten.

        Parameters
        ----------
        dictionary_path : str, path-like or Lexicon
            A lexicon, or the name of a file that `Lexicon.load` reads.

        Raises
        ------
        FormatError
            If there is no such file.
        """
        dictionary = _check_dictionary(dictionary_path)
        if isinstance(dictionary, str) and not os.path.isfile(dictionary):
            raise FormatError(f"{dictionary}: there is no such file; give the name of a lexicon.")
        with self._lock:
            self._dictionary, self._lexicon, self._frequencies, self._tokenizers = dictionary, None, None, {}

    def _load(self) -> Frequencies:
        """Return the frequencies; read the dictionary if that was not done.  The caller has the lock."""
        if self._frequencies is None:
            if self._dictionary is None:
                raise ValueError(NO_LEXICON)
            dictionary = self._dictionary
            lexicon = dictionary if isinstance(dictionary, Lexicon) else Lexicon.load(dictionary)
            if lexicon.meta.byte_fallback or lexicon.meta.unit == "byte":
                raise ValueError(
                    "the dictionary must be a lexicon of words, not a vocabulary with byte fallback, whose tokens may "
                    "be parts of characters; use nlp_zero.Tokenizer for it."
                )
            self._lexicon, self._frequencies = lexicon, Frequencies(lexicon)
        return self._frequencies

    def _tokenizer(self, hmm: bool) -> LexiconTokenizer:
        """Return the tokenizer for the words as they are now."""
        tokenizer = self._tokenizers.get(hmm)
        if tokenizer is None:
            with self._lock:
                frequencies = self._load()
                assert self._lexicon is not None
                lexicon, own = frequencies.apply(self._lexicon), frequencies.own_words(self._lexicon.meta)
                tokenizer = LexiconTokenizer(lexicon, new_words=None if hmm else False, **own)
                self._tokenizers[hmm] = tokenizer
                if hmm and not tokenizer.new_words:
                    self._tokenizers[False] = tokenizer  # the same without HMM
        return tokenizer

    # Cutting

    def cut(
        self, sentence: str | bytes, cut_all: bool = False, HMM: bool = True, use_paddle: bool = False
    ) -> Iterator[str]:
        """Yield the tokens of a text.

        Parameters
        ----------
        sentence : str or bytes
            Bytes are read as UTF-8, or else as GBK.
        cut_all : bool, default False
            Yield all words of two or more characters that occur in the text, overlapping ones too, and the characters
            between them, in place of the best segmentation.
        HMM : bool, default True
            Whether words that the lexicon lacks can be found, if the lexicon was made for that; see the notes of the
            class.  With `cut_all` none is found.
        use_paddle : bool, default False
            Not used.

        Yields
        ------
        str
            Joined, the tokens are the text, unless `cut_all` is true.
        """
        yield from self.lcut(sentence, cut_all, HMM)

    def lcut(
        self, sentence: str | bytes, cut_all: bool = False, HMM: bool = True, use_paddle: bool = False
    ) -> list[str]:
        """Return the tokens of `cut` as a list.

        Parameters
        ----------
        sentence : str or bytes
        cut_all : bool, default False
        HMM : bool, default True
        use_paddle : bool, default False
            See `cut`.

        Returns
        -------
        list of str
        """
        text = _decode("sentence", sentence)
        if cut_all:
            return self._cut_all(text)
        return self._tokenizer(bool(HMM)).tokenize(text)

    def _cut_all(self, text: str) -> list[str]:
        starts, ends, *_ = self._tokenizer(False).marginals(text, alpha=0.0).arrays
        found, covered = [], 0
        for start, edges in groupby(sorted(zip(starts.tolist(), ends.tolist(), strict=True)), itemgetter(0)):
            single, *longer = [end for _, end in edges]
            if longer:
                found += [text[start:end] for end in longer]
                covered = longer[-1]  # as in jieba: the last word found, even if an earlier one goes on
            elif start >= covered:
                found.append(text[start:single])
                covered = single
        return found

    def cut_for_search(self, sentence: str | bytes, HMM: bool = True) -> Iterator[str]:
        """Yield the tokens of a text, each after the words of the lexicon that it contains, for search engines.

        Parameters
        ----------
        sentence : str or bytes
        HMM : bool, default True
            See `cut`.

        Yields
        ------
        str
            The words of two characters in a token of three or more, the words of three in a token of four or more,
            and the token.
        """
        yield from self.lcut_for_search(sentence, HMM)

    def lcut_for_search(self, sentence: str | bytes, HMM: bool = True) -> list[str]:
        """Return the words of `cut_for_search` as a list.

        Parameters
        ----------
        sentence : str or bytes
        HMM : bool, default True
            See `cut`.

        Returns
        -------
        list of str
        """
        table, found = self.FREQ, []
        for token in self.lcut(sentence, False, HMM):
            if len(token) > 2:
                found += [token[i:j] for i, j in _inner_words(token, table)]
            found.append(token)
        return found

    def tokenize(
        self, unicode_sentence: str, mode: str = "default", HMM: bool = True
    ) -> Iterator[tuple[str, int, int]]:
        """Yield each token with its start and end in the text.

        Parameters
        ----------
        unicode_sentence : str
        mode : {"default", "search"}, default "default"
            ``"search"``: the words of `cut_for_search`.
        HMM : bool, default True
            See `cut`.

        Yields
        ------
        (str, int, int)

        Raises
        ------
        ValueError
            If the sentence is not a `str`, as in jieba, or the mode is not one of those above.
        """
        if not isinstance(unicode_sentence, str):
            raise ValueError(f"unicode_sentence must be a str, not {type(unicode_sentence).__name__}.")
        search = check_choice("mode", mode, ("default", "search")) == "search"
        start = 0
        for token in self.lcut(unicode_sentence, False, HMM):
            if search and len(token) > 2:
                for i, j in _inner_words(token, self.FREQ):
                    yield token[i:j], start + i, start + j
            yield token, start, start + len(token)
            start += len(token)

    # Words

    @property
    def FREQ(self) -> Mapping[str, int]:
        """The frequency of every word, 0 for deleted ones.  Read-only; `add_word` changes it."""
        frequencies = self._frequencies
        if frequencies is None:
            with self._lock:
                frequencies = self._load()
        return frequencies.table

    @property
    def total(self) -> int:
        """The sum of the frequencies of the lexicon and of all frequencies that were set; p = frequency / total."""
        with self._lock:
            return self._load().total

    def get_FREQ(self, k: str, d: int | None = None) -> int | None:
        """Return the frequency of a word.

        Parameters
        ----------
        k : str
            The word.
        d : int, optional
            The result if there is no such word.

        Returns
        -------
        int or None
            0 for a word that was deleted.
        """
        return self.FREQ.get(k, d)

    def add_word(self, word: str | bytes, freq: int | None = None, tag: str | None = None) -> None:
        """Add a word, or change its frequency.

        Parameters
        ----------
        word : str or bytes
            Bytes are read as UTF-8, or else as GBK.
        freq : int, optional
            Its frequency on the scale of the lexicon; 0 deletes it.  Default: `suggest_freq` of the word.
        tag : str, optional
            Not used: there are no parts of speech.

        Raises
        ------
        TypeError
            If the word is not text.
        ValueError
            If the word is empty or the frequency is negative.
        """
        text = _decode("word", word)
        if not text:
            raise ValueError("word must not be empty.")
        with self._lock:
            self._set(text, freq)

    def _set(self, word: str, frequency: int | None) -> None:
        """Change a frequency, None to that which makes the word one token.  The caller has the lock."""
        frequencies = self._load()
        if frequency is None:
            frequencies.set(word, frequencies.suggest_whole(word), whole=True)
        else:
            frequencies.set(word, check_integer("freq", frequency, least=0))
        self._tokenizers = {}

    def del_word(self, word: str | bytes) -> None:
        """Delete a word: it is no longer a token.

        Parameters
        ----------
        word : str or bytes
        """
        self.add_word(word, 0)

    def suggest_freq(self, segment: str | Iterable[str | bytes], tune: bool = False) -> int:
        """Return the frequency that makes a word whole, or that makes it fall apart.

        Parameters
        ----------
        segment : str or iterable of (str or bytes)
            The word that is to be one token; or the tokens that it is to be cut into.
        tune : bool, default False
            Whether the word gets this frequency.

        Returns
        -------
        int

        Raises
        ------
        ValueError
            If there is no segment, or it is empty.

        Examples
        --------
        >>> tokenizer = Tokenizer(Lexicon(["表", "中", "将", "中将", "放到", "出错"], [1000, 80, 70, 30, 20, 10]))
        >>> tokenizer.lcut("放到表中将出错")
        ['放到', '表', '中将', '出错']
        >>> tokenizer.suggest_freq(("中", "将"), tune=True)
        4
        >>> tokenizer.lcut("放到表中将出错")
        ['放到', '表', '中', '将', '出错']
        """
        segments = [segment] if isinstance(segment, str) else [_decode("segment", one) for one in segment]
        word = "".join(segments)
        if not word:
            raise ValueError("segment must be a word or a tuple of words, not empty.")
        with self._lock:
            frequencies = self._load()
            whole = isinstance(segment, str)
            frequency = frequencies.suggest_whole(word) if whole else frequencies.suggest_split(segments)
            if tune:
                self._set(word, None if whole else frequency)
        return frequency

    def load_userdict(self, f: str | os.PathLike[str] | Iterable[str | bytes]) -> None:
        """Add the words of a user dictionary.

        Parameters
        ----------
        f : str, path-like or iterable of str or bytes
            The name of a UTF-8 file, or an open file, with lines of ``word [frequency [tag]]``, separated by single
            spaces.  A word without a frequency gets that of `suggest_freq`; tags are not used.

        Raises
        ------
        FormatError
            If the file cannot be read; then no word is added.
        """
        entries = read_user_words(f)
        with self._lock:
            for word, frequency in entries:
                self._set(word, frequency)


def _check_dictionary(dictionary: Dictionary) -> str | Lexicon:
    """Return the lexicon or the absolute path; raises `TypeError` if it is neither."""
    if isinstance(dictionary, Lexicon):
        return dictionary
    if not isinstance(dictionary, (str, os.PathLike)):
        raise TypeError(f"dictionary must be a Lexicon or the name of a file, not {type(dictionary).__name__}.")
    return os.path.abspath(dictionary)


def _decode(name: str, text: object) -> str:
    """Return a text, that of bytes as jieba does; raises `TypeError` for other things."""
    if isinstance(text, str):
        return text
    if not isinstance(text, (bytes, bytearray)):
        raise TypeError(f"{name} must be a str or bytes, not {type(text).__name__}.")
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("gbk", "ignore")


def _inner_words(token: str, table: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """Yield start and end of the words of two, then of three characters within a longer token."""
    for length in (2, 3):
        for i in range(len(token) - length + 1 if len(token) > length else 0):
            if table.get(token[i : i + length]):
                yield i, i + length


# The functions of the module are methods of one tokenizer, as in jieba.

dt = Tokenizer()

add_word = dt.add_word
cut = dt.cut
cut_for_search = dt.cut_for_search
del_word = dt.del_word
get_FREQ = dt.get_FREQ
initialize = dt.initialize
lcut = dt.lcut
lcut_for_search = dt.lcut_for_search
load_userdict = dt.load_userdict
set_dictionary = dt.set_dictionary
suggest_freq = dt.suggest_freq
tokenize = dt.tokenize


def setLogLevel(log_level: int | str) -> None:
    """Do nothing: there are no log messages to silence.

    Parameters
    ----------
    log_level : int or str
    """


def enable_parallel(processnum: int | None = None) -> None:
    """Do nothing: text is cut in the calling thread.

    `nlp_zero.Tokenizer.tokenize_batch` cuts many texts with several threads.

    Parameters
    ----------
    processnum : int, optional
    """


def disable_parallel() -> None:
    """Do nothing; see `enable_parallel`."""
