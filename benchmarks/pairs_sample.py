"""Sampled segmentations, marginals and n-best lists, compared with SentencePiece with the same pieces and scores."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import peers
from harness import Missing, Report, Settings, Timing, alternate, faster_row, make_side, share_row
from pairs_tokenize import SIZE, call_each

from nlp_zero import Lexicon, Tokenizer

ALPHA = 0.2
EVERY = 5  # SentencePiece is slow: it samples every fifth line, and its time is multiplied
FEW = 400  # lines for n-best and for many samples of one line


def run(settings: Settings, report: Report) -> None:
    try:
        news = [line for line in settings.lines("people-daily") if line]
        lines = news + settings.lines("reviews")
        model = peers.sentencepiece(settings, text="people-daily", size=SIZE)
    except Missing as missing:
        report.missing("sample", "SentencePiece", missing)
        return
    tokenizer = Tokenizer(make_equal_lexicon(model))
    _against_sentencepiece(settings, report, tokenizer, model, lines)
    _against_ourselves(settings, report, tokenizer, model, lines, news)


def make_equal_lexicon(model: Any) -> Lexicon:
    """Return the pieces of SentencePiece as words, with counts proportional to its probabilities."""
    size = model.GetPieceSize()
    pieces = {
        model.IdToPiece(k).replace("\u2581", ""): model.GetScore(k) for k in range(size) if model.IsUnused(k) is False
    }
    pieces = {piece: score for piece, score in pieces.items() if piece and not piece.startswith("<")}
    counts = np.maximum(1, np.exp(np.array(list(pieces.values()))) * 1e9).astype(np.int64)
    return Lexicon(list(pieces), counts)


def load_same_model(model: Any) -> Tokenizer:
    """Return our tokenizer for the file of SentencePiece, with its ids and its treatment of unknown characters."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "peer.model"
        path.write_bytes(model.serialized_model_proto())
        return Tokenizer.load(path)


def _against_sentencepiece(
    settings: Settings, report: Report, tokenizer: Tokenizer, model: Any, lines: list[str]
) -> None:
    part = lines[::EVERY]
    size = sum(len(line.encode()) for line in lines)
    same = load_same_model(model)
    sampled = {"enable_sampling": True, "alpha": ALPHA, "nbest_size": -1}
    ids, file_ids, strings, arrays, lists, peer_ids, peer_strings, peer_batch, peer_lists = alternate(
        call_each(lambda line: tokenizer.sample_ids(line, alpha=ALPHA, seed=1), lines),
        call_each(lambda line: same.sample_ids(line, alpha=ALPHA, seed=1), lines),
        call_each(lambda line: tokenizer.sample(line, alpha=ALPHA, seed=1), lines),
        make_side(lambda: tokenizer.sample_ids_batch(lines, alpha=ALPHA, seed=1, workers=2)),
        make_side(lambda: tokenizer.sample_batch(lines, alpha=ALPHA, seed=1, workers=2)),
        call_each(lambda line: model.SampleEncodeAsIds(line, -1, ALPHA), part),
        call_each(lambda line: model.SampleEncodeAsPieces(line, -1, ALPHA), part),
        make_side(lambda: model.encode(part, num_threads=2, **sampled)),
        make_side(lambda: model.encode(part, out_type=str, num_threads=2, **sampled)),
        repeat=settings.repeat,
    )
    work = f"sample people-daily + reviews, α = {ALPHA}"
    peer = "SentencePiece, nbest_size −1"
    pairs = [
        (f"{work}, ids, one call per line", ids, f"{peer}, ids", peer_ids, 18),
        (f"{work}, strings, one call per line", strings, f"{peer}, strings", peer_strings, 18),
        (f"{work}, arrays, one batch, 2 threads", arrays, f"{peer}, ids of a list, 2 threads", peer_batch, 12),
        (f"{work}, lists of strings, one batch, 2 threads", lists, f"{peer}, strings, 2 threads", peer_lists, 12),
    ]
    for title, ours, name, theirs, least in pairs:
        report.add(faster_row(title, ours, name, _scale_to_all(theirs), least=least, size=size))
    title = f"{work}, ids, one call per line, SentencePiece's own file in our tokenizer"
    report.add(faster_row(title, file_ids, f"{peer}, ids", _scale_to_all(peer_ids), size=size))


def _against_ourselves(
    settings: Settings, report: Report, tokenizer: Tokenizer, model: Any, lines: list[str], news: list[str]
) -> None:
    few = news[:: max(1, len(news) // FEW)]
    batch, viterbi, once, hundred, marginals, cut, best, peer_best = alternate(
        make_side(lambda: tokenizer.sample_ids_batch(lines, alpha=ALPHA, seed=1)),
        make_side(lambda: tokenizer.encode_batch(lines)),
        call_each(lambda line: tokenizer.sample(line, alpha=ALPHA, seed=1), few),
        call_each(lambda line: tokenizer.sample_batch([line], alpha=ALPHA, seed=1, k=100), few),
        call_each(tokenizer.marginals, news),
        call_each(tokenizer.tokenize, news),
        call_each(lambda line: tokenizer.nbest(line, 10), few),
        call_each(lambda line: model.NBestEncodeAsPieces(line, 10), few),
        repeat=settings.repeat,
    )
    report.add(share_row("sample, arrays in one batch", batch, "our Viterbi, arrays in one batch", viterbi, most=1.6))
    report.add(share_row("100 samples of a line from one table", hundred, "one sample of it", once, most=12))
    report.add(share_row("marginals of people-daily, one call per line", marginals, "our Viterbi", cut, most=4))
    report.add(faster_row(f"10-best of {len(few)} lines", best, "SentencePiece 10-best", peer_best, least=12))


def _scale_to_all(timing: Timing) -> Timing:
    """Return the time for all lines, estimated from that for every fifth."""
    return Timing(tuple(EVERY * second for second in timing.seconds))
