"""The twelve instrument families: how songs are composed, sorted and judged. Prompts are not bound to them."""

FAMILIES = (
    "drums",
    "bass",
    "piano",
    "electric piano",
    "organ",
    "guitar",
    "strings",
    "brass",
    "winds",
    "mallets",
    "pad",
    "lead",
)
