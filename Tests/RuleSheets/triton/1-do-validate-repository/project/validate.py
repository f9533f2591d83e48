import os
from pathlib import Path

def validate_model_repository(repo_path: str) -> bool:
    repo = Path(repo_path)

    for model_dir in repo.iterdir():
        if not model_dir.is_dir():
            continue

        config = model_dir / "config.pbtxt"
        if not config.exists():
            raise ValueError(f"Missing config: {model_dir}")

        # Check for unsafe patterns
        config_text = config.read_text()
        if "backend: \"python\"" in config_text:
            # Python backend requires extra scrutiny
            if "trust_remote_code" in config_text:
                raise ValueError(f"Unsafe Python backend: {model_dir}")

        # Verify model files are safe formats
        for version_dir in model_dir.iterdir():
            if version_dir.is_dir() and version_dir.name.isdigit():
                model_files = list(version_dir.glob("*"))
                for f in model_files:
                    if f.suffix in [".pkl", ".pickle"]:
                        raise ValueError(f"Unsafe pickle format: {f}")

    return True
