"""Sampled segmentations, marginals and n-best, beside SentencePiece with the same pieces and scores."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import peers
from harness import Missing, Report, Settings, Timing, alternate, share_of, timed, times_faster
from pairs_tokenize import SIZE, each

from nlp_zero import Lexicon, Tokenizer

ALPHA = 0.2
PART = 5  # SentencePiece samples every fifth line, and its time is multiplied: it is slow
FEW = 400  # lines for n-best and for many samples of one line


def run(settings: Settings, report: Report) -> None:
    try:
        news = [line for line in settings.lines("people-daily") if line]
        lines = news + settings.lines("reviews")
        model = peers.sentencepiece(settings, text="people-daily", size=SIZE)
    except Missing as missing:
        report.missing("sample", "SentencePiece", missing)
        return
    tokenizer = Tokenizer(equal_lexicon(model))
    _against_sentencepiece(settings, report, tokenizer, model, lines)
    _against_ourselves(settings, report, tokenizer, model, lines, news)


def equal_lexicon(model: Any) -> Lexicon:
    """SentencePiece's pieces as words, with counts in proportion to its probabilities."""
    size = model.GetPieceSize()
    pieces = {
        model.IdToPiece(k).replace("\u2581", ""): model.GetScore(k) for k in range(size) if model.IsUnused(k) is False
    }
    pieces = {piece: score for piece, score in pieces.items() if piece and not piece.startswith("<")}
    counts = np.maximum(1, np.exp(np.array(list(pieces.values()))) * 1e9).astype(np.int64)
    return Lexicon(list(pieces), counts)


def same_model(model: Any) -> Tokenizer:
    """Our tokenizer of SentencePiece's own file: its ids, no boundaries, unknown characters in a row one token."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "peer.model"
        path.write_bytes(model.serialized_model_proto())
        return Tokenizer.load(path)


def _against_sentencepiece(
    settings: Settings, report: Report, tokenizer: Tokenizer, model: Any, lines: list[str]
) -> None:
    part = lines[::PART]
    size = sum(len(line.encode()) for line in lines)
    served = same_model(model)
    sampled = {"enable_sampling": True, "alpha": ALPHA, "nbest_size": -1}
    ids, file_ids, strings, arrays, lists, peer_ids, peer_strings, peer_batch, peer_lists = alternate(
        each(lambda line: tokenizer.sample_ids(line, alpha=ALPHA, seed=1), lines),
        each(lambda line: served.sample_ids(line, alpha=ALPHA, seed=1), lines),
        each(lambda line: tokenizer.sample(line, alpha=ALPHA, seed=1), lines),
        timed(lambda: tokenizer.sample_ids_batch(lines, alpha=ALPHA, seed=1, workers=2)),
        timed(lambda: tokenizer.sample_batch(lines, alpha=ALPHA, seed=1, workers=2)),
        each(lambda line: model.SampleEncodeAsIds(line, -1, ALPHA), part),
        each(lambda line: model.SampleEncodeAsPieces(line, -1, ALPHA), part),
        timed(lambda: model.encode(part, num_threads=2, **sampled)),
        timed(lambda: model.encode(part, out_type=str, num_threads=2, **sampled)),
        repeat=settings.repeat,
    )
    work = f"sample people-daily + reviews, α = {ALPHA}"
    peer = "SentencePiece, nbest_size −1"
    pairs = [
        (f"{work}, ids, one call a line", ids, f"{peer}, ids", peer_ids),
        (f"{work}, strings, one call a line", strings, f"{peer}, strings", peer_strings),
        (f"{work}, arrays, one batch, 2 threads", arrays, f"{peer}, ids of a list, 2 threads", peer_batch),
        (f"{work}, lists of strings, one batch, 2 threads", lists, f"{peer}, strings of a list, 2 threads", peer_lists),
    ]
    for title, ours, name, theirs in pairs:
        report.add(times_faster(title, ours, name, _all(theirs), least=12, size=size))
    title = f"{work}, ids, one call a line, SentencePiece's own file in our tokenizer"
    report.add(times_faster(title, file_ids, f"{peer}, ids", _all(peer_ids), size=size))


def _against_ourselves(
    settings: Settings, report: Report, tokenizer: Tokenizer, model: Any, lines: list[str], news: list[str]
) -> None:
    few = news[:: max(1, len(news) // FEW)]
    batch, viterbi, once, hundred, marginals, cut, best, peer_best = alternate(
        timed(lambda: tokenizer.sample_ids_batch(lines, alpha=ALPHA, seed=1)),
        timed(lambda: tokenizer.encode_batch(lines)),
        each(lambda line: tokenizer.sample(line, alpha=ALPHA, seed=1), few),
        each(lambda line: tokenizer.sample_batch([line], alpha=ALPHA, seed=1, k=100), few),
        each(tokenizer.marginals, news),
        each(tokenizer.tokenize, news),
        each(lambda line: tokenizer.nbest(line, 10), few),
        each(lambda line: model.NBestEncodeAsPieces(line, 10), few),
        repeat=settings.repeat,
    )
    report.add(share_of("sample, arrays in one batch", batch, "our Viterbi, arrays in one batch", viterbi, most=1.6))
    report.add(share_of("100 samples of a line from one table", hundred, "one sample of it", once, most=12))
    report.add(share_of("marginals of people-daily, one call a line", marginals, "our Viterbi", cut, most=4))
    report.add(times_faster(f"10-best of {len(few)} lines", best, "SentencePiece 10-best", peer_best, least=10))


def _all(timing: Timing) -> Timing:
    """The time for all lines, from that for every fifth."""
    return Timing(tuple(PART * second for second in timing.seconds))
