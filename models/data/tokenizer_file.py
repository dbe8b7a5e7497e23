"""Where the tokenizer of the captions lies in the sources; `models.data.wording` says what it was made from."""

from pathlib import Path

SOURCE_TOKENIZER = Path(__file__).parent / "clap_tokenizer.json"
