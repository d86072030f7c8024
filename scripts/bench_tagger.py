#!/usr/bin/env python3
"""Times our tagger and the Python transformers pipeline on the same weights and texts, in turn, and prints the ratio.

Called by `make bench-tagger`. The first run makes a virtual environment with torch and transformers in the cache (about 6 GB
unpacked, from PyPI); later runs take some minutes. Both run on every core of this machine and on nothing else: leave it alone
meanwhile.
"""

import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "models/tagger"
PROGRAM = ROOT / "target/release/vigie"
XDG_CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
CACHE = pathlib.Path(os.environ.get("VIGIE_CACHE") or XDG_CACHE / "vigie")
PYTHON = CACHE / "bench-python/bin/python"
INSTALLED = PYTHON.parent.parent / "installed.txt"
PACKAGES = ["torch==2.4.0", "transformers==4.46.3", "numpy==1.26.4", "safetensors==0.4.5"]

ROUNDS = 3
TEXTS = 2000
MEAN_TOKENS = 40
# The pipeline is so much slower that it gets a share of the texts, drawn evenly from the same list.
PIPELINE_SHARE = 8


def main():
    if sys.argv[1:] == ["--pipeline"]:
        return pipeline()
    if sys.argv[1:]:
        sys.exit("usage: make bench-tagger")
    if not PROGRAM.is_file():
        sys.exit(f"{PROGRAM} is missing: run `make build`")
    if not INSTALLED.is_file() or INSTALLED.read_text() != "\n".join(PACKAGES):
        print("making a virtual environment with torch and transformers …", flush=True)
        venv.create(PYTHON.parent.parent, with_pip=True, clear=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--no-cache-dir", *PACKAGES], check=True)
        INSTALLED.write_text("\n".join(PACKAGES))
    texts = choose(TEXTS)
    lines = "".join(json.dumps({"id": str(i), "text": text}) + "\n" for i, text in enumerate(texts))
    (CACHE / "bench-texts.jsonl").write_text(lines)
    print(f"{len(texts)} texts written for training; {os.cpu_count()} cores; {cpu()}; the pipeline computes in f32, one text at a time")
    rates = {"vigie": [], "vigie, f32": [], "transformers": []}
    for number in range(1, ROUNDS + 1):
        rates["vigie"].append(ours(len(texts)))
        rates["vigie, f32"].append(ours(len(texts), "--precision", "f32"))
        told = subprocess.run([PYTHON, __file__, "--pipeline"], check=True, stdout=subprocess.PIPE, text=True).stdout
        rate, tokens, apart = map(float, told.split())
        rates["transformers"].append(rate)
        if number == 1:
            print(f"{tokens:.1f} tokens a text on average; the scores differ by {apart:.4f} at most (bf16 against f32)")
        print(f"round {number}: " + ", ".join(f"{name} {rate[-1]:.0f} texts/s" for name, rate in rates.items()), flush=True)
    medians = {name: statistics.median(rate) for name, rate in rates.items()}
    for name, rate in medians.items():
        print(f"{name:<14}{rate:>7.1f} texts/s{rate / medians['transformers']:>8.2f} × transformers")


def choose(count):
    """Texts of ours, so many that their tokens come to the wanted mean: as many short ones as that takes."""
    texts = []
    for path in sorted((MODEL / "data").glob("written_*.jsonl")):
        texts += [json.loads(line)["text"] for line in path.read_text().splitlines()]
    texts = [text for index, text in enumerate(texts) if index % max(1, len(texts) // (2 * count)) == 0]
    # Near enough without a tokenizer here: a piece is three letters and a half of such text, and each text has five more.
    tokens = lambda text: len(text) / 3.5 + 5
    texts.sort(key=tokens)
    while len(texts) > count and sum(map(tokens, texts)) / len(texts) > MEAN_TOKENS:
        texts.pop()
    step = len(texts) / min(count, len(texts))
    chosen = [texts[int(index * step)] for index in range(min(count, len(texts)))]
    random.Random(7).shuffle(chosen)
    return chosen


def environment():
    """Ours, without a configuration that names another model."""
    return {name: value for name, value in os.environ.items() if name not in ("VIGIE_CONFIG", "VIGIE_DATA_DIR")}


def cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return "unknown CPU"


def ours(count, *arguments):
    """Texts a second of `vigie classify`, the time to start left out by subtracting that of one text."""
    def seconds(path):
        started = time.perf_counter()
        subprocess.run([PROGRAM, "classify", *arguments, path], check=True, stdout=subprocess.DEVNULL, env=environment())
        return time.perf_counter() - started

    one = CACHE / "bench-one.jsonl"
    one.write_text('{"id": 1, "text": "Merci"}\n')
    start = min(seconds(one) for _ in range(2))
    return count / (seconds(CACHE / "bench-texts.jsonl") - start)


def pipeline():
    """Prints the texts a second of the transformers pipeline, as its documentation shows it."""
    import torch
    import transformers
    from safetensors.torch import load_file

    # It would list all models that it knows, because ours is not among them.
    transformers.logging.set_verbosity(50)

    class Tagger(transformers.BertPreTrainedModel):
        def __init__(self, config):
            super().__init__(config)
            self.bert = transformers.BertModel(config, add_pooling_layer=False)
            self.head = torch.nn.Linear(config.hidden_size, config.num_labels)

        def forward(self, input_ids=None, attention_mask=None, token_type_ids=None, **_):
            hidden = self.bert(input_ids, attention_mask, token_type_ids).last_hidden_state
            mask = attention_mask.unsqueeze(-1)
            logits = self.head((hidden * mask).sum(1) / mask.sum(1))
            return transformers.modeling_outputs.SequenceClassifierOutput(logits=logits)

    settings = json.loads((MODEL / "model.json").read_text())
    shape = settings["architecture"]
    config = transformers.BertConfig(
        vocab_size=shape["vocabulary"], hidden_size=shape["hidden_size"], num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"], intermediate_size=shape["intermediate_size"],
        max_position_embeddings=shape["positions"], type_vocab_size=shape["types"], num_labels=len(settings["outputs"]),
    )
    model = Tagger(config).eval()
    tensors = {}
    for name in ("embeddings", "encoder"):
        tensors |= {f"bert.{key}": value.float() for key, value in load_file(MODEL / f"{name}.safetensors").items()}
    heads = load_file(MODEL / "heads.safetensors")
    for part in ("weight", "bias"):
        tensors[f"head.{part}"] = torch.cat([heads[f"heads.{group}.{part}"] for group in ("emotions", "causes", "flags")])
    missing = model.load_state_dict(tensors, strict=False)
    if missing.unexpected_keys or any("position_ids" not in key for key in missing.missing_keys):
        sys.exit(f"the weights are not those of the network: {missing}")
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(MODEL / "tokenizer.json"), bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        cls_token="<s>", sep_token="</s>", model_max_length=settings["max_tokens"],
    )
    classify = transformers.pipeline(
        "text-classification", model=model, tokenizer=tokenizer, top_k=None, function_to_apply="sigmoid", device="cpu",
    )
    texts = [settings["prefix"] + json.loads(line)["text"] for line in (CACHE / "bench-texts.jsonl").read_text().splitlines()]
    texts = texts[::PIPELINE_SHARE]
    classify(texts[:8])
    started = time.perf_counter()
    found = classify(texts, truncation=True)
    seconds = time.perf_counter() - started
    tokens = sum(len(tokenizer(text, truncation=True)["input_ids"]) for text in texts) / len(texts)
    print(len(texts) / seconds, tokens, largest_difference(settings, found))


def largest_difference(settings, found):
    """How far the pipeline's calibrated scores are from those that our program prints for the same texts."""
    lines = (CACHE / "bench-texts.jsonl").read_text().splitlines()[::PIPELINE_SHARE]
    told = subprocess.run([PROGRAM, "classify"], input="\n".join(lines), check=True, stdout=subprocess.PIPE, text=True, env=environment())
    largest = 0.0
    for line, scores in zip(told.stdout.splitlines(), found):
        ours = json.loads(line)
        ours = [*ours["emotions"].values(), *ours["causes"].values(), ours["complaint"], ours["answer"]]
        by_place = {int(score["label"].removeprefix("LABEL_")): score["score"] for score in scores}
        for place, output in enumerate(settings["outputs"]):
            chance = min(max(by_place[place], 1e-7), 1 - 1e-7)
            logit = math.log(chance / (1 - chance))
            theirs = 1 / (1 + math.exp(-(output["slope"] * logit + output["offset"])))
            largest = max(largest, abs(theirs - ours[place]))
    return largest


if __name__ == "__main__":
    main()
