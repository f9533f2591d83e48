# After the auto-serialised pipelines of Triton's DALI backend: JPEG to the tensor that Inception takes.
import nvidia.dali as dali
from nvidia.dali.plugin.triton import autoserialize


@autoserialize
@dali.pipeline_def(batch_size=256, num_threads=4, device_id=0)
def pipe():
    images = dali.fn.external_source(device="cpu", name="DALI_INPUT_0")
    images = dali.fn.decoders.image(images, device="mixed", output_type=dali.types.RGB)
    images = dali.fn.resize(images, resize_x=299, resize_y=299)
    return dali.fn.crop_mirror_normalize(
        images, dtype=dali.types.FLOAT, output_layout="HWC", crop=(299, 299),
        mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5])
