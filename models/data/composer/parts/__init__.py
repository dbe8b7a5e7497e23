"""Writers of single parts: bass lines, chords (comping, broken chords, pads) and melodies."""
