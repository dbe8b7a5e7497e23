"""The Max for Live device: sources, builder and what it built. Users read README.md."""
