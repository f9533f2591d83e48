#!/bin/sh
# After the scripts that set up a developer's machine.
set -e
python3 -m venv .venv
. .venv/bin/activate
pip install --upgrade pip
pip install -r requirements-dev.txt
sudo systemctl restart docker || true
docker compose up -d
