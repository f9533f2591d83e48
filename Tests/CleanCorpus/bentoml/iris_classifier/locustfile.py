# After the load test of BentoML's iris classifier.
import numpy as np
from locust import HttpUser, between, task
from sklearn import datasets

rows = datasets.load_iris().data


class IrisUser(HttpUser):
    wait_time = between(0.01, 2)

    @task
    def classify(self):
        row = rows[np.random.randint(len(rows))].tolist()
        self.client.post("/classify", json=[row])
