import tritonclient.http as httpclient

client = httpclient.InferenceServerClient("localhost:8000")


def route_inference(model_name: str, data):
    return client.infer(model_name, data)  # User controls model
