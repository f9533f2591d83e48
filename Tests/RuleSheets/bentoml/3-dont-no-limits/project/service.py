import bentoml

model = bentoml.pytorch.get("model:v1")
runner = model.to_runner()  # Unlimited resources
svc = bentoml.Service("service", runners=[runner])
