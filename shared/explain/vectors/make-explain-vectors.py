"""Makes explain-vectors.json with the reference implementations: shap 0.51.0, lime 0.2.0.1, scikit-learn 1.9.1.

    python3 -m venv v && v/bin/pip install shap==0.51.0 lime==0.2.0.1 scikit-learn==1.9.1
    v/bin/python shared/explain/vectors/make-explain-vectors.py > shared/explain/vectors/explain-vectors.json
"""

import json
import sys

import numpy as np
import shap
from lime.lime_base import LimeBase
from lime.lime_text import IndexedString

rng = np.random.default_rng(20260115)


def network(x, w1, w2):
    """tanh layer, then a logistic unit: everything interacts with everything."""
    return 1 / (1 + np.exp(-(np.tanh(x @ w1) @ w2)))


def shap_case(features, background_rows):
    w1 = np.round(rng.normal(size=(features, 4)), 3)
    w2 = np.round(rng.normal(size=4) * 2, 3)
    background = np.round(rng.normal(size=(background_rows, features)), 3)
    row = np.round(rng.normal(size=features), 3)
    f = lambda x: network(x, w1, w2)
    exact = shap.explainers.Exact(f, shap.maskers.Independent(background, max_samples=background_rows))(
        row[None, :]
    )
    kernel = shap.KernelExplainer(f, background)
    values = kernel.shap_values(row, l1_reg=False, nsamples=2**features + 100, silent=True)
    return {
        "w1": w1.tolist(), "w2": w2.tolist(), "background": background.tolist(), "row": row.tolist(),
        "base": float(exact.base_values[0]), "exact": exact.values[0].tolist(), "kernel": list(map(float, values)),
    }


def lime_case(samples, features, chosen):
    x = (rng.random((samples, features)) < 0.5).astype(float)
    x[0] = 1
    y = 1 / (1 + np.exp(-(x @ rng.normal(size=features) * 1.5 - 0.5 + 0.8 * x[:, 0] * x[:, 1])))
    distances = np.sqrt(((x - 1) ** 2).sum(axis=1))
    width = 0.75 * np.sqrt(features)
    kernel = lambda d: np.sqrt(np.exp(-(d**2) / width**2))
    base = LimeBase(kernel)
    intercept, local, score, predicted = base.explain_instance_with_data(
        x, np.stack([1 - y, y], axis=1), distances, 1, chosen, feature_selection="auto"
    )
    return {
        "neighbours": x.astype(int).tolist(), "scores": y.tolist(), "width": width, "features": chosen,
        "weights": kernel(distances).tolist(), "intercept": float(intercept), "r2": float(score),
        "coefficients": [[int(i), float(c)] for i, c in local], "local": float(predicted[0]),
    }


text = IndexedString("Please, take your time. Please", bow=True)
json.dump(
    {
        "shap": [shap_case(4, 5), shap_case(7, 8), shap_case(10, 6)],
        "lime": [lime_case(60, 8, 8), lime_case(60, 8, 4), lime_case(40, 5, 5)],
        "text": {
            "words": [text.word(i) for i in range(text.num_words())],
            "positions": [text.positions[i].tolist() if hasattr(text.positions[i], "tolist") else list(text.positions[i])
                          for i in range(text.num_words())],
            "without_please": text.inverse_removing([0]),
        },
    },
    sys.stdout,
)
