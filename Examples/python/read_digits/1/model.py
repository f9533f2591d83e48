# SPDX-License-Identifier: Apache-2.0
"""Reads a digit that is given as text, and says which it is in a word, by calling three other models."""
import numpy as np
import triton_python_backend_utils as pb_utils

# Bytes: 64 numbers and what stands between them.
LONGEST = 4096


class TritonPythonModel:
    def initialize(self, args):
        # On the metrics page, once for each digit that was read.
        family = pb_utils.MetricFamily(
            name="digits_read_total", description="Digits that were read", kind=pb_utils.MetricFamily.COUNTER)
        self.read = [family.Metric(labels={"digit": str(digit)}) for digit in range(10)]

    async def execute(self, requests):
        return [await self.answer(request) for request in requests]

    async def answer(self, request):
        text = pb_utils.get_input_tensor_by_name(request, "text").as_numpy()
        if len(text.item()) > LONGEST:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(f"the text is longer than {LONGEST} bytes"))
        try:
            parsed = await self.call(
                request, "parse_digits", "image", pb_utils.Tensor("text", text.reshape(1, 1)))
            scores = await self.call(request, "digits", "probabilities", parsed)
        except pb_utils.TritonModelException as error:
            return pb_utils.InferenceResponse(error=pb_utils.TritonError(str(error)))
        scores = scores.as_numpy()[0]
        digit = int(scores.argmax())
        self.read[digit].increment(1)
        return pb_utils.InferenceResponse([
            pb_utils.Tensor("word", np.array(await self.spell(request, digit), dtype=np.object_)),
            pb_utils.Tensor("probability", scores[digit:digit + 1]),
        ])

    async def call(self, request, model, output, tensor):
        made = pb_utils.InferenceRequest(
            model_name=model, inputs=[tensor], requested_output_names=[output], request_id=request.request_id(),
            trace=request.trace())
        response = await made.async_exec()
        if response.has_error():
            raise pb_utils.TritonModelException(response.error().message())
        return pb_utils.get_output_tensor_by_name(response, output)

    async def spell(self, request, digit):
        made = pb_utils.InferenceRequest(
            model_name="spell_digits", inputs=[pb_utils.Tensor("number", np.array([digit], dtype=np.int64))],
            requested_output_names=["word"], trace=request.trace())
        words = []
        for response in await made.async_exec(decoupled=True):
            if response.has_error():
                raise pb_utils.TritonModelException(response.error().message())
            # The last one may be empty.
            for tensor in response.output_tensors():
                words.append(tensor.as_numpy()[0])
        return words
