#!/usr/bin/env python3
"""What real Postfix's "postmap -q" says of the tables and keys in tests/vectors/tables.txt, beside what stands there.

    tables-beside-postfix.py [--write] [FILE]

Compares, and says where the two differ; with --write the answers in the file become those of Postfix. Needs Postfix 3.7 with postfix-pcre; its
configuration and the tables are in a temporary directory. The form of the file:

    table regexp             a type whose table is a file, with its lines below, a tab before each; or a whole "type:name"
    <tab>/^user@/ first
    ask user@example.com     a key
    = first                  its value; "-" alone: none; "!" alone: an error
"""
import os, subprocess, sys, tempfile

arguments = [argument for argument in sys.argv[1:] if argument != "--write"]
path = arguments[0] if arguments else os.path.join(os.path.dirname(__file__), "../vectors/tables.txt")
with tempfile.TemporaryDirectory() as directory:
    os.chmod(directory, 0o755)
    with open(directory + "/main.cf", "w") as main:
        main.write("compatibility_level = 3.6\n")

    def postmap(specification, key):
        run = subprocess.run(["postmap", "-c", directory, "-q", key, specification], stdin=subprocess.DEVNULL, capture_output=True)
        if run.returncode == 0:
            return "= " + run.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")
        return "!" if b"fatal" in run.stderr or b"error" in run.stderr else "-"

    written, asked, different, number = [], 0, 0, 0
    with open(path, encoding="utf-8", errors="surrogateescape") as lines:
        lines = lines.read().split("\n")
    i = 0
    while i < len(lines):
        line = lines[i]
        i += 1
        written.append(line)
        if line.startswith("table "):
            specification = line[6:]
            if ":" not in specification:
                number += 1
                name = f"{directory}/{number}"
                with open(name, "w", encoding="utf-8", errors="surrogateescape") as table:
                    while i < len(lines) and lines[i].startswith("\t"):
                        table.write(lines[i][1:] + "\n")
                        written.append(lines[i])
                        i += 1
                specification += ":" + name
                if specification.startswith("hash:"):
                    subprocess.run(["postmap", "-c", directory, specification], check=True)
        elif line.startswith("ask "):
            answer, asked = postmap(specification, line[4:]), asked + 1
            if i < len(lines) and lines[i][:1] in ("=", "-", "!"):
                if lines[i] != answer:
                    different += 1
                    print(f"{specification}: {line}\n  there:   {lines[i]}\n  Postfix: {answer}")
                i += 1
            written.append(answer)
if "--write" in sys.argv:
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write("\n".join(written))
print(f"{asked} asked, {different} different")
sys.exit(different > 0 and "--write" not in sys.argv)
