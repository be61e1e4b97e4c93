"""Golden ids of BERT's WordPiece for packages/datasets/test/text, by Hugging Face's tokenizers.

    pip install tokenizers==0.23.3
    python tooling/reference/datasets/bert.py VOCABULARY.txt

The vocabulary is that of bert-base-uncased (SHA-256 07eced37...), one piece a line.
"""

import sys

from tokenizers import BertWordPieceTokenizer

tokenizer = BertWordPieceTokenizer(sys.argv[1], lowercase=True)
for text in (
    "Hello, wörld! unaffable tokenization 你好",
    "The President's message of 1862: \"fellow-citizens\" — naïve?",
):
    print(text, tokenizer.encode(text, add_special_tokens=False).ids)
