"""CLIP's tokenizer over a small vocabulary and its encodings, by transformers.

    python clip_tokenizer.py ../../../packages/models/test/golden

The vocabulary is trained on the Zen of Python (PEP 20, public domain). Writes clip-tokenizer.json: what vocab.json and merges.txt of a
published tokenizer hold, and the encodings that CLIPTokenizer makes with them, bare and filled up to one length.
"""

import codecs
import contextlib
import io
import json
import sys
from pathlib import Path

import tokenizers
import transformers
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

with contextlib.redirect_stdout(io.StringIO()):
    import this

BEGIN, END = "<|startoftext|>", "<|endoftext|>"
TEXTS = [
    "Beautiful is better than ugly.",
    "  A   photograph of\ta CAT,\n sitting  ",
    "naïve café",
    "It's 3.14 and we're they'd don't!",
    "",
    "漢字 emoji 😀",
    "namespaces are one honking great idea -- let's do more of those!!",
]
LENGTH = 77


def vocabulary():
    tokenizer = Tokenizer(models.BPE(unk_token=END, continuing_subword_prefix="", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"\s+"), "removed"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False)
    tokenizer.train_from_iterator(codecs.decode(this.s, "rot13").splitlines(), trainer)
    merges = [" ".join(pair) for pair in json.loads(tokenizer.to_str())["model"]["merges"]]
    tokens = alphabet + [each + "</w>" for each in alphabet] + ["".join(pair.split(" ")) for pair in merges] + [BEGIN, END]
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}, merges


def main(folder: Path):
    vocab, merges = vocabulary()
    tokenizer = transformers.CLIPTokenizer(vocab=vocab, merges=[tuple(pair.split(" ")) for pair in merges])
    filled = tokenizer(TEXTS, padding="max_length", max_length=LENGTH, truncation=True)["input_ids"]
    out = dict(
        source=f"tooling/reference/models/clip_tokenizer.py: transformers {transformers.__version__}, tokenizers {tokenizers.__version__}",
        vocabulary=vocab,
        merges=merges,
        length=LENGTH,
        texts=TEXTS,
        ids=[tokenizer(text)["input_ids"] for text in TEXTS],
        bare=[tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS],
        filled=filled,
        cut=tokenizer(TEXTS, padding="max_length", max_length=9, truncation=True)["input_ids"],
    )
    (folder / "clip-tokenizer.json").write_text(json.dumps(out, separators=(",", ":"), ensure_ascii=False) + "\n")


main(Path(sys.argv[1]))
