"""Is the pack any good? Codec metrics with anchors and gates, musical measures with a ceiling and a floor, and
distances between sets of embeddings beside what real against real gives."""
