# SPDX-License-Identifier: Apache-2.0
"""What a worker of a Python model runs on: the channel to the server, the areas it shares, the objects a model sees."""
