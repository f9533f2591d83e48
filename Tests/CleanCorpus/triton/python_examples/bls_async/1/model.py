# After the asynchronous BLS example of Triton's Python backend: two models at once.
import asyncio

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    async def execute(self, requests):
        answers = []
        for request in requests:
            inputs = [pb_utils.get_input_tensor_by_name(request, name) for name in ("INPUT0", "INPUT1")]
            calls = [
                pb_utils.InferenceRequest(model_name=model, requested_output_names=[output], inputs=inputs).async_exec()
                for model, output in (("add_sub", "OUTPUT0"), ("pytorch", "OUTPUT1"))
            ]
            made = await asyncio.gather(*calls)
            for one in made:
                if one.has_error():
                    raise pb_utils.TritonModelException(one.error().message())
            total = pb_utils.get_output_tensor_by_name(made[0], "OUTPUT0")
            difference = pb_utils.get_output_tensor_by_name(made[1], "OUTPUT1")
            answers.append(pb_utils.InferenceResponse(output_tensors=[total, difference]))
        return answers
