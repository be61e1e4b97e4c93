"""Ids of the sentence encoder's vocabulary by Google's sentencepiece.

    pip install sentencepiece==0.2.3 protobuf
    python sentencepiece_ids.py VOCAB.JSON FOLDER

Builds a unigram model from the published pieces (a lost score counts 0, as for the tokenizer published with them) and
writes sentencepiece.json.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto

TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "Do you have any pets? I have two dogs and a cat; they are called Rex, Max & Tom!",
    "It costs 1234.56 dollars (or 1,100 euros) on 2024-05-17.",
    "antidisestablishmentarianism, floccinaucinihilipilification; electroencephalographically",
    "\u00dcn\u00efc\u00f6d\u00e9 \ufb01le na\u00efve caf\u00e9 \u6f22\u5b57\u6f22 \u03a9 \u2460 \uff21\uff22",
    "  two  leading, three   inside\tand a tab\nand a line  ",
    "emoji \U0001f600\U0001f600 and \U0001f469\u200d\U0001f680!",
    "zero\u200bwidth, \ufefffeff, non\u00a0breaking, \u2581meta",
    "control \u0001\u0007 characters",
    "<s> is text, </s> too, extra_token_id_1",
    "",
    "   ",
    "He said: \u201chello\u201d \u2014 and left: http://example.org/a:b",
]


def main(vocabulary: Path, folder: Path):
    pieces = json.loads(vocabulary.read_text())
    model = proto.ModelProto()
    model.trainer_spec.model_type = proto.TrainerSpec.UNIGRAM
    model.normalizer_spec.name = "nmt_nfkc"
    trained = train_normalizer()
    model.normalizer_spec.CopyFrom(trained)
    seen = {}
    for i, (piece, score) in enumerate(pieces):
        seen[piece] = i
    for i, (piece, score) in enumerate(pieces):
        entry = model.pieces.add()
        # A piece that occurs several times is its last; the library wants each once.
        entry.piece = piece if seen[piece] == i else f"<twice_{i}>"
        entry.score = score or 0
        Type = proto.ModelProto.SentencePiece
        entry.type = Type.UNKNOWN if i == 0 else Type.CONTROL if i < 6 or seen[piece] != i else Type.NORMAL
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
    golden = dict(
        source=f"tooling/reference/models/sentencepiece_ids.py: sentencepiece {version('sentencepiece')}",
        texts=TEXTS,
        ids=[processor.encode(text) for text in TEXTS],
    )
    (folder / "sentencepiece.json").write_text(json.dumps(golden) + "\n")


def train_normalizer():
    """The library's own rules for nmt_nfkc, which it puts into every model that it trains."""
    import io

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g"] * 10), model_writer=written, vocab_size=12, normalization_rule_name="nmt_nfkc",
        minloglevel=2, hard_vocab_limit=False,
    )
    model = proto.ModelProto()
    model.ParseFromString(written.getvalue())
    return model.normalizer_spec


main(Path(sys.argv[1]), Path(sys.argv[2]))
