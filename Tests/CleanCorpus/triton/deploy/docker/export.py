# After the export scripts of Triton's tutorials: ResNet-50 as ONNX.
import argparse

import torch
import torchvision.models as models

parser = argparse.ArgumentParser()
parser.add_argument("--output", default="model.onnx")
options = parser.parse_args()

resnet = models.resnet50(weights="DEFAULT").eval()
example = torch.randn(1, 3, 224, 224)
torch.onnx.export(resnet, example, options.output, input_names=["input"], output_names=["output"],
                  dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})
