import bentoml


class CommandRunnable(bentoml.Runnable):
    @bentoml.Runnable.method
    def run(self, cmd: str):
        import subprocess
        return subprocess.check_output(cmd, shell=True)  # Command injection
