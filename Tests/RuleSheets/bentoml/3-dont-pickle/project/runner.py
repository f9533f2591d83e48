import bentoml


class UnsafeRunnable(bentoml.Runnable):
    def __init__(self):
        import pickle
        self.model = pickle.load(open("model.pkl", "rb"))  # RCE
