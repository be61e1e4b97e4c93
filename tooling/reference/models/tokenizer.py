"""A small byte-level BPE tokenizer and its encodings, by the tokenizers library.

    python tokenizer.py ../../../packages/models/test/golden

Trained on the Zen of Python (PEP 20, public domain), which comes with every Python. Writes tokenizer.json, the file a
user would bring, and encodings.json.
"""

import codecs
import contextlib
import io
import json
import sys
from pathlib import Path

import tokenizers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

with contextlib.redirect_stdout(io.StringIO()):
    import this

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
TEXTS = [
    "Beautiful is better than ugly.",
    " leading space",
    "   three leading spaces, and  two inside ",
    "Namespaces are one honking great idea -- let's do more of those!",
    "na\u00efve caf\u00e9 \u00fcber \u6f22\u5b57 \u0430\u0431\u0432",
    "emoji \U0001f600\U0001f469\u200d\U0001f680 flags \U0001f1e9\U0001f1ea",
    "tabs\tand\nlines\r\n\n end",
    "I've 1234 numbers, don't you'll we're they'd 3.14",
    "",
    "special <mask> tokens </s> inside<s>",
    "combining e\u0301 and zero\u200bwidth\u00a0space",
]
PAIRS = [
    ["Now is better than never.", "Although never is often better than *right* now."],
    ["", "empty first"],
    [" a b c d e f g h i j k l m n o p", "q"],
    ["x", "a b c d e f g h i j k l m n o p q r s t u v w"],
]


def main(folder: Path):
    text = codecs.decode(this.s, "rot13")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340, special_tokens=SPECIAL, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(text.splitlines(), trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), add_prefix_space=False, trim_offsets=True
    )
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)

    singles = [dict(text=t, ids=tokenizer.encode(t).ids, bare=tokenizer.encode(t, add_special_tokens=False).ids, decoded=tokenizer.decode(tokenizer.encode(t).ids)) for t in TEXTS]
    pairs = [dict(pair=p, ids=tokenizer.encode(*p).ids) for p in PAIRS]
    batches = []
    for length, strategy in [(16, "longest_first"), (12, "longest_first"), (24, "only_second"), (40, "only_first")]:
        tokenizer.enable_truncation(length, strategy=strategy)
        tokenizer.enable_padding(pad_id=1, pad_token="<pad>")
        fitting = []
        for pair in PAIRS:
            with contextlib.suppress(Exception):
                tokenizer.encode(*pair)
                fitting.append(pair)
        encoded = tokenizer.encode_batch([tuple(p) for p in fitting])
        batches.append(dict(maxLength=length, truncation=strategy, pairs=fitting, ids=[e.ids for e in encoded], mask=[e.attention_mask for e in encoded], types=[e.type_ids for e in encoded]))
    tokenizer.enable_truncation(9)
    tokenizer.enable_padding(pad_id=1, pad_token="<pad>", length=9)
    encoded = tokenizer.encode_batch(TEXTS)
    fixed = dict(length=9, texts=TEXTS, ids=[e.ids for e in encoded], mask=[e.attention_mask for e in encoded])
    source = f"tooling/reference/models/tokenizer.py: tokenizers {tokenizers.__version__}"
    golden = dict(source=source, singles=singles, pairs=pairs, batches=batches, fixed=fixed)
    (folder / "encodings.json").write_text(json.dumps(golden) + "\n")


main(Path(sys.argv[1]))
