"""Tests of the composer, the pool, window making and the loader of multitracks."""
