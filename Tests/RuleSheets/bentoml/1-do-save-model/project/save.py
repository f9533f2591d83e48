import bentoml


def save_secure_model(model, name: str, version: str):
    saved_model = bentoml.pytorch.save_model(
        name,
        model,
        signatures={
            "predict": {
                "batchable": True,
                "batch_dim": 0,
            }
        },
        metadata={
            "version": version,
            "framework": "pytorch",
            "safe_serialization": True,
        },
        external_modules=[],
    )
    return saved_model
