import tritonclient.http as httpclient

client = httpclient.InferenceServerClient("localhost:8000")


def infer(client, model_name, data):
    # Direct inference without validation
    return client.infer(model_name, data)
