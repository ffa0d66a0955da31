"""The check of the project's English, `.ci/words`."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / ".ci" / "words"


def check(*arguments: Path | str) -> tuple[int, list[str]]:
    """Return the exit code and the lines of a check, each without the folder of its file."""
    run = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert not run.stderr
    return run.returncode, [line.rpartition("/")[2] for line in run.stdout.splitlines()]


@pytest.mark.parametrize(
    ("name", "text", "line", "phrase"),
    [
        ("a.py", '"""Fields.\n\nA client\nis told\nwhich."""\n', 4, "is told"),
        ("a.py", "x = 1\n# The values are compared\n# anew.\n", 3, "anew"),
        ("a.py", 'x = 1\nraise ValueError(f"{x}: there is no file {x}")\n', 2, "there is no"),
        ("a.md", "# A title\n\nA graph\nfor\never.\n", 4, "for ever"),
        ("a.proto", "// The size.\nmessage A {\n  int32 a = 1;  // What it is.\n}\n", 3, "What"),
        ("a.pbtxt", 'node {\n  # Nobody uses it.\n  name: "a"\n}\n'.replace("Nobody", "nobody"), 2, "nobody"),
        ("a.js", 'const text = "a";\nshow("Drop a picture here");\n', 2, "picture"),
        ("a.html", '<p>Text</p>\n<img alt="a picture">\n', 2, "picture"),
    ],
)
def test_a_phrase_is_found_with_its_line(tmp_path: Path, name: str, text: str, line: int, phrase: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    code, lines = check(path)
    assert code == 1
    assert [found.partition(": write ")[0] for found in lines] == [f'{name}:{line}: "{phrase}"']


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", 'picture = {"anew": "told"}  # one `picture` of ``anew``\n'),
        ("a.md", "What is a graph?\n\nIt is no longer slow, at most as many as 3, as many images as steps.\n"),
        ("a.md", "```sh\necho anew\n```\n"),
        ("a.proto", 'string anew = 1 [default = "picture"];\n'),
        ("a.bin", "anew\n"),
    ],
)
def test_code_and_plain_sentences_pass(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert check(path) == (0, [])


def test_a_report_counts_and_passes(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Anew, anew.\n\nWhat it is.\n")
    code, lines = check("--report", tmp_path / "a.md")
    assert code == 0
    assert lines[-1].strip() == "3 in all"


def test_a_commit_message_has_a_short_subject(tmp_path: Path) -> None:
    message = tmp_path / "COMMIT_EDITMSG"
    message.write_text("Load models in the background\n\nWhat follows is the body.\n")
    assert check(message) == (0, [])
    message.write_text("Load models in the background, " + 5 * "and then more ")
    code, lines = check(message)
    assert code == 1
    assert "characters" in lines[0]
