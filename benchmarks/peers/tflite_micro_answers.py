"""Differing bytes between answers and those of tflite-micro: `tflite_micro_answers.py NETWORK FILE.npz`.

The file holds `names` (inputs in the network's order), for each name int8 rows with the shape of the input, and
`answers` (n, outputs, 6). Prints one line of JSON.
"""

import json
import sys

import numpy as np
from tflite_micro.python.tflite_micro import runtime


def main(network: str, path: str) -> None:
    with np.load(path) as rows:
        names = [str(n) for n in rows["names"]]
        inputs = [rows[n] for n in names]
        answers = rows["answers"]
    micro = runtime.Interpreter.from_file(network)
    wrong = 0
    for row, wanted in enumerate(answers):
        for place, values in enumerate(inputs):
            micro.set_input(values[row : row + 1], place)
        micro.invoke()
        for output, ours in enumerate(wanted):
            wrong += int((np.asarray(micro.get_output(output)).ravel() != ours).sum())
    print(json.dumps({"differing": float(wrong), "views": float(len(answers))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
