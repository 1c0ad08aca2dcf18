"""The metrics agree with reference libraries, and their edge cases are what the docstrings say."""

from __future__ import annotations

import random

import pytest

from groundsight.evals import metrics

WORDS = "the cat sat on a red mat near two old boats in a small harbour with three men".split()


def rankings(count: int = 40) -> list[tuple[list[str], dict[str, int]]]:
    rng = random.Random(3)
    pool = [f"d{number}" for number in range(30)]
    return [
        (rng.sample(pool, 20), {name: rng.randint(1, 3) for name in rng.sample(pool, rng.randint(1, 5))})
        for _ in range(count)
    ]


def sentences(count: int = 25) -> list[tuple[str, list[str]]]:
    rng = random.Random(5)
    made = []
    for _ in range(count):
        gold = rng.choices(WORDS, k=12)
        said = [word if rng.random() > 0.2 else rng.choice(WORDS) for word in gold][: rng.randint(7, 12)]
        made.append((" ".join(said), [" ".join(gold), " ".join(rng.choices(WORDS, k=10))]))
    return made


@pytest.mark.filterwarnings("ignore")
def test_ranking_metrics_agree_with_ranx() -> None:
    ranx = pytest.importorskip("ranx")
    cases = rankings()
    run = ranx.Run({f"q{i}": {d: float(20 - r) for r, d in enumerate(found)} for i, (found, _) in enumerate(cases)})
    qrels = ranx.Qrels({f"q{i}": gold for i, (_, gold) in enumerate(cases)})
    names = ["recall@10", "hit_rate@10", "mrr", "map", "ndcg_burges@10"]
    theirs = ranx.evaluate(qrels, run, names)
    ours = {
        "recall@10": mean(metrics.recall_at(found, gold, 10) for found, gold in cases),
        "hit_rate@10": mean(metrics.hit_at(found, gold, 10) for found, gold in cases),
        "mrr": mean(metrics.reciprocal_rank(found, gold) for found, gold in cases),
        "map": mean(metrics.average_precision(found, gold) for found, gold in cases),
        "ndcg_burges@10": mean(metrics.ndcg_at(found, gold, 10) for found, gold in cases),
    }
    assert ours == pytest.approx({name: float(theirs[name]) for name in names}, abs=1e-6)


def test_rouge_agrees_with_rouge_score() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"])
    for said, golds in sentences():
        assert metrics.rouge_l(said, golds[0]) == pytest.approx(
            scorer.score(golds[0], said)["rougeL"].fmeasure, abs=1e-9
        )


def test_bleu_agrees_with_sacrebleu() -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    said, golds = zip(*sentences(), strict=True)
    streams = [list(stream) for stream in zip(*golds, strict=True)]
    theirs = sacrebleu.corpus_bleu(list(said), streams, tokenize="none", smooth_method="none").score / 100
    assert metrics.bleu(said, golds) == pytest.approx(theirs, abs=1e-9)


def test_cider_agrees_with_the_coco_caption_code() -> None:
    scorer = pytest.importorskip("pycocoevalcap.cider.cider").Cider()
    said, golds = zip(*sentences(), strict=True)
    _, theirs = scorer.compute_score(dict(enumerate(golds)), {i: [text] for i, text in enumerate(said)})
    assert metrics.cider(said, golds) == pytest.approx(list(theirs), abs=1e-6)


def test_judging_metrics_agree_with_scikit_learn() -> None:
    reference = pytest.importorskip("sklearn.metrics")
    rng = random.Random(7)
    labels = [rng.random() < 0.4 for _ in range(200)]
    scores = [round(min(1, max(0, rng.gauss(0.6 if label else 0.4, 0.2))), 2) for label in labels]
    said = [score >= 0.5 for score in scores]
    assert metrics.auroc(scores, labels) == pytest.approx(reference.roc_auc_score(labels, scores))
    assert metrics.balanced_accuracy(said, labels) == pytest.approx(reference.balanced_accuracy_score(labels, said))
    theirs = reference.precision_recall_fscore_support(labels, said, average="binary")[:3]
    assert metrics.precision_recall_f1(said, labels) == pytest.approx(theirs)


def test_error_rates_count_edits() -> None:
    assert metrics.word_error_rate("the bat sat", "the cat sat down") == pytest.approx(0.5)
    assert metrics.character_error_rate("kitten", "sitting") == pytest.approx(3 / 7)
    assert metrics.character_error_rate("", "abc") == 1.0


def test_calibration_error_is_zero_for_a_perfect_and_one_for_a_boastful_judge() -> None:
    assert metrics.expected_calibration_error([1.0, 0.0], [True, False]) == 0.0
    assert metrics.expected_calibration_error([1.0, 1.0], [False, False]) == 1.0


def test_risk_falls_when_only_confident_items_are_kept() -> None:
    curve = metrics.risk_coverage([0.9, 0.8, 0.3, 0.2], [True, True, False, False])
    assert curve == [(0.25, 0.0), (0.5, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.5)]


def test_ties_share_one_point_of_the_risk_curve() -> None:
    assert metrics.risk_coverage([0.5, 0.5], [True, False]) == [(1.0, 0.5)]


@pytest.mark.parametrize("metric", [metrics.average_precision, metrics.reciprocal_rank])
def test_an_empty_gold_set_is_an_error_and_not_a_perfect_score(metric: object) -> None:
    with pytest.raises(ValueError, match="empty gold"):
        metric(["a"], [])  # type: ignore[operator]


def test_an_empty_run_has_no_interval() -> None:
    with pytest.raises(ValueError, match="empty set"):
        metrics.bootstrap([])


def test_a_duplicate_in_a_ranking_counts_once() -> None:
    assert metrics.average_precision(["a", "a", "b"], ["b"]) == 0.5


def test_an_answer_is_contained_as_whole_words_only() -> None:
    assert metrics.contains_answer("The total was EUR 18,460.00 in May.", ["18,460.00"])
    assert not metrics.contains_answer("The total was EUR 118,460.00 in May.", ["18,460.00"])
    assert metrics.contains_answer("It was Ingrid Solberg.", ["the Ingrid Solberg"])


def test_clusters_widen_the_interval() -> None:
    values = [1.0] * 20 + [0.0] * 20
    alone, together = metrics.bootstrap(values), metrics.bootstrap(values, [place // 10 for place in range(40)])
    assert together.high - together.low > alone.high - alone.low


def test_a_difference_is_decided_only_when_its_interval_leaves_out_zero() -> None:
    base = [0.2, 0.4, 0.6, 0.8] * 10
    assert metrics.paired(base, [value + 0.1 for value in base]).verdict == "better"
    assert metrics.paired(base, [value + 0.1 for value in base], higher_is_better=False).verdict == "worse"
    mixed = metrics.paired([0.0, 1.0] * 10, [1.0, 0.0] * 10)
    assert mixed.verdict == "undecided"
    assert (len(mixed.wins), len(mixed.losses)) == (10, 10)


def test_percentiles_interpolate() -> None:
    assert metrics.percentile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5
    assert metrics.percentile([5.0], 0.99) == 5.0


def test_blends_are_clamped() -> None:
    assert metrics.caption_blend(9.0, 1.0, 1.0, 1.0) == 1.0


def mean(values: object) -> float:
    listed = list(values)  # type: ignore[call-overload]
    return sum(listed) / len(listed)
