import tritonclient.grpc as grpcclient


def create_secure_client(url: str, cert_path: str):
    client = grpcclient.InferenceServerClient(
        url=url,
        ssl=True,
        root_certificates=cert_path + "/ca.crt",
        private_key=cert_path + "/client.key",
        certificate_chain=cert_path + "/client.crt",
    )

    return client
