# After the clients of Triton's conceptual guide: one image, one answer.
import numpy as np
import tritonclient.http as httpclient
from PIL import Image

client = httpclient.InferenceServerClient(url="localhost:8000")

image = np.asarray(Image.open("img1.jpg").resize((224, 224))).astype(np.float32)
image = np.transpose(image, (2, 0, 1))

given = httpclient.InferInput("data_0", image.shape, datatype="FP32")
given.set_data_from_numpy(image)
wanted = httpclient.InferRequestedOutput("fc6_1", class_count=5)

answer = client.infer(model_name="densenet_onnx", inputs=[given], outputs=[wanted])
print(answer.as_numpy("fc6_1"))
