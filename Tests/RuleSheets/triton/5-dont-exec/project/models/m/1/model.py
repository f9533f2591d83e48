class UnsafeModel:
    def execute(self, requests):
        code = requests[0].get_input("code")
        exec(code)  # Never do this
