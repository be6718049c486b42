"""Trains the tiny Falcon and writes the folder that the model server loads.

    python -m venv /tmp/train
    /tmp/train/bin/pip install -r local_aws/src/local_aws/model_server/training/requirements.txt
    PYTHONPATH=local_aws/src /tmp/train/bin/python local_aws/src/local_aws/model_server/training/train.py

From the project's root. It takes some minutes on two cores, needs no network and no GPU, and ends with exit code 1,
leaving the folder as it was, unless the converted int8 model answers every sample word for word, and nearly everything
else too.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import numpy as np
import torch
from corpus import END, Corpus, Example
from ctranslate2.converters import TransformersConverter
from local_aws.extensions.training_texts import SPECIAL_STRINGS
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import FalconConfig, FalconForCausalLM, PreTrainedTokenizerFast

SEED = 180
VOCABULARY = 3072
POSITIONS = 2048
TOKENS_PER_BATCH = 3000
EXACT_SHARE = 0.98
"""How much of what is not required word for word has to be exact all the same."""

Encoded = tuple[list[int], int]
"""Token ids of prompt and continuation, and how many of them are the prompt."""


def train_tokenizer(texts: Sequence[str]) -> Tokenizer:
    """Byte-level BPE that splits text as Falcon's own tokenizer does, with Falcon's special tokens at ids 0 to 11."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Punctuation("contiguous"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            pre_tokenizers.Digits(individual_digits=False),
            pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated"),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        special_tokens=list(SPECIAL_STRINGS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def encode(tokenizer: Tokenizer, example: Example) -> Encoded:
    """Prompt and continuation are encoded apart: that is where a server cuts the text."""
    prompt = tokenizer.encode(example.prompt).ids
    return prompt + tokenizer.encode(example.continuation).ids, len(prompt)


def batches(items: list[Encoded], chance: random.Random) -> list[list[Encoded]]:
    """Items of similar length together, at most TOKENS_PER_BATCH padded tokens each, in random order."""
    made: list[list[Encoded]] = [[]]
    for item in sorted(items, key=lambda item: (len(item[0]), item[0])):
        if len(item[0]) * (len(made[-1]) + 1) > TOKENS_PER_BATCH and made[-1]:
            made.append([])
        made[-1].append(item)
    chance.shuffle(made)
    return made


def loss_of(model: FalconForCausalLM, batch: list[Encoded]) -> torch.Tensor:
    """Cross entropy of the continuations."""
    width = max(len(ids) for ids, _ in batch)
    inputs = torch.zeros((len(batch), width), dtype=torch.long)
    labels = torch.full((len(batch), width), -100, dtype=torch.long)
    for row, (ids, prompt) in enumerate(batch):
        inputs[row, : len(ids)] = torch.tensor(ids)
        labels[row, prompt : len(ids)] = torch.tensor(ids[prompt:])
    logits = model(inputs).logits[:, :-1]  # padding is on the right, so causal attention never sees it
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)


def train(model: FalconForCausalLM, tokenizer: Tokenizer, corpus: Corpus, epochs: int) -> None:
    """Adam with a linear warm-up and a cosine decay; one pass of the corpus an epoch."""
    chance = random.Random(SEED)  # noqa: S311
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.5e-3, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda epoch: min(1.0, (epoch + 1) / 4) * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * epoch / epochs)))
    )
    model.train()
    started = time.monotonic()
    for epoch in range(epochs):
        losses = []
        for batch in batches([encode(tokenizer, example) for example in corpus.epoch(chance)], chance):
            optimizer.zero_grad()
            loss = loss_of(model, batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
        schedule.step()
        print(f"epoch {epoch + 1}/{epochs}: loss {np.mean(losses):.4f}, {time.monotonic() - started:.0f} s", flush=True)


def convert(model: FalconForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """`folder` in CTranslate2's format, weights in int8, with tokenizer.json and tokenizer_config.json beside them."""
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=END, eos_token=END).save_pretrained(saved)
        TransformersConverter(saved).convert(str(folder), quantization="int8")
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "bos_token": END,
        "eos_token": END,
        "model_max_length": POSITIONS,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def wrong_answers(folder: Path, examples: Sequence[Example]) -> list[tuple[Example, str]]:
    """The examples whose greedy continuation by the converted model is not the one to learn, with what came instead."""
    generator = ctranslate2.Generator(str(folder), inter_threads=2, intra_threads=1)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    prompts = [tokenizer.encode(example.prompt).tokens for example in examples]
    results = generator.generate_batch(
        prompts, max_batch_size=16, max_length=1100, include_prompt_in_result=False, return_end_token=True
    )
    found = [tokenizer.decode(result.sequences_ids[0], skip_special_tokens=False) for result in results]
    return [(example, text) for example, text in zip(examples, found, strict=True) if text != example.continuation]


def passes(folder: Path, examples: Sequence[Example]) -> bool:
    """Whether the model answers as it should. Prints what it gets wrong."""
    wrong = wrong_answers(folder, examples)
    for example, text in wrong:
        print(json.dumps({"prompt": example.prompt, "expected": example.continuation, "got": text}, ensure_ascii=False))
    print(f"{len(examples) - len(wrong)} of {len(examples)} answers are exact in int8")
    missed = sum(example.required for example, _ in wrong)
    print(f"{missed} of the {sum(example.required for example in examples)} required ones are wrong")
    return not missed and len(wrong) <= (1 - EXACT_SHARE) * len(examples)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parents[1] / "tiny_falcon")
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(2)
    corpus = Corpus.read()
    tokenizer = train_tokenizer(corpus.texts())
    config = FalconConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        multi_query=True,
        parallel_attn=True,
        new_decoder_architecture=False,
        bias=False,
        alibi=False,
        max_position_embeddings=POSITIONS,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        bos_token_id=SPECIAL_STRINGS.index(END),
        eos_token_id=SPECIAL_STRINGS.index(END),
    )
    model = FalconForCausalLM(config)
    print(f"{model.num_parameters():,} parameters, {tokenizer.get_vocab_size()} tokens", flush=True)
    train(model, tokenizer, corpus, arguments.epochs)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "tiny_falcon"
        convert(model, tokenizer, folder)
        if not passes(folder, corpus.forms()):
            return 1
        arguments.output.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            shutil.copy(file, arguments.output / file.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
