import sys

import bentoml

untrusted_path = sys.argv[1]
bento = bentoml.import_bento(untrusted_path)
