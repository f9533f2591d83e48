import bentoml

model_ref = bentoml.pytorch.get("model:latest")

runner = model_ref.to_runner(
    name="secure_runner",
    max_batch_size=32,
    max_latency_ms=1000,
    runnable_init_params={
        "max_concurrent": 4
    },
)
