"""Learning a preparation from texts that exist in several languages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kb.embedding.preparation import ANY, LanguageNormalizer

Array = npt.NDArray[np.floating]

ROUNDS = 30
"""Of alternating least squares; the means settle long before."""
SHRINKAGE = 0.6
"""Chosen on development texts of other works than those learned from; 0.4 to 0.7 do as well."""


@dataclass(frozen=True)
class Parallel:
    """Vectors of texts, shape (texts, dimension). Texts with the same ``meanings[i]`` translate
    each other; ``sources[i]`` says which work they come from."""

    vectors: Array
    meanings: Sequence[object]
    languages: Sequence[str]
    sources: Sequence[str]


def learn(passages: Parallel, queries: Parallel) -> LanguageNormalizer:
    """A preparation for a model, from its own vectors of passages and of short texts."""
    means = language_means(passages)
    covariance = translation_covariance(passages, means)
    return LanguageNormalizer(means, language_means(queries), normalising(covariance))


def language_means(texts: Parallel) -> dict[str, npt.NDArray[np.float32]]:
    """The mean vector of every language over the same meanings, and their mean under ``ANY``.

    A vector is taken as meaning plus language (two-way analysis of variance without interaction,
    by weighted least squares), so that a language of which only some texts exist is not taken for
    their topics. A source counts with the square root of its size, lest one work decides.
    """
    _, meanings = np.unique(np.array([str(m) for m in texts.meanings]), return_inverse=True)
    codes, languages = np.unique(np.array(texts.languages), return_inverse=True)
    sizes = Counter(texts.sources)
    weights = np.array([sizes[source] ** -0.5 for source in texts.sources])
    effects: Array = np.zeros((len(codes), texts.vectors.shape[1]))
    shared: Array = effects[languages]
    for _ in range(ROUNDS):
        shared = _weighted_means(texts.vectors - effects[languages], meanings, weights)[meanings]
        effects = _weighted_means(texts.vectors - shared, languages, weights)
    means = effects + np.average(shared, axis=0, weights=weights)
    found = dict(zip(codes.tolist(), means.astype(np.float32), strict=True))
    return {**found, ANY: means.mean(axis=0).astype(np.float32)}


def translation_covariance(
    passages: Parallel, means: Mapping[str, npt.NDArray[np.float32]]
) -> Array:
    """How vectors of one meaning spread over its translations, shape (dimension, dimension).

    Meanings that exist in one language only say nothing about it.
    """
    centred = passages.vectors - np.stack([means[language] for language in passages.languages])
    _, meanings, sizes = np.unique(
        np.array([str(m) for m in passages.meanings]), return_inverse=True, return_counts=True
    )
    shared = _weighted_means(centred, meanings, np.ones(len(meanings)))
    spread = (centred - shared[meanings])[sizes[meanings] > 1]
    freedom = max(1, int((sizes[sizes > 1] - 1).sum()))
    covariance: Array = spread.T @ spread / freedom
    return covariance


def normalising(covariance: Array) -> npt.NDArray[np.float32]:
    """The inverse square root of the covariance, shrunk towards a multiple of the identity.

    Its scale is chosen such that an even spread gives the identity.
    """
    size = len(covariance)
    even = np.trace(covariance) / size
    if not even > 0:
        return np.eye(size, dtype=np.float32)
    values, directions = np.linalg.eigh(covariance / even)
    values = (1 - SHRINKAGE) * values + SHRINKAGE
    root = (directions * values**-0.5) @ directions.T
    return np.asarray(root, np.float16).astype(np.float32)


def _weighted_means(vectors: Array, groups: npt.NDArray[np.intp], weights: Array) -> Array:
    """The mean of each group, shape (groups, dimension)."""
    sums = np.zeros((int(groups.max()) + 1, vectors.shape[1]))
    np.add.at(sums, groups, vectors * weights[:, np.newaxis])
    means: Array = sums / np.bincount(groups, weights)[:, np.newaxis]
    return means
