"""Is the pack any good? Codec metrics with anchors and gates, and musical measures with a ceiling and a floor."""
