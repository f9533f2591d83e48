import bentoml


class NoValidation(bentoml.Runnable):
    @bentoml.Runnable.method(batchable=True)
    def predict(self, data):
        return self.model(data)  # Any size/type
