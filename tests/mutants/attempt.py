"""Makes the changes that `cargo mutants --list --json` names, one at a time, and says which of them no test notices."""

import hashlib
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import fold

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "target/mutants"
TREE = HOME / "tree"
# The crates that are changed, and which tests of theirs have to notice.
SUITES = {
    "crates/fedctl-core": ["--package", "fedctl-core", "--lib", "--test", "world", "--test", "hostile"],
    "crates/fedctl-client": ["--package", "fedctl-client", "--lib", "--test", "client"],
}
# A group by the places of its files, and how many of a hundred have to be noticed.
GROUPS = {
    "executor": (("crates/fedctl-core/src/apply/",), 90),
    "guards": (("crates/fedctl-core/src/planner/guards/", "crates/fedctl-core/src/plan/guard.rs"), 90),
    "trace": (("crates/fedctl-core/src/trace/",), 90),
    "reader": (("crates/fedctl-core/src/read/",), 0),
    "redaction": (("crates/fedctl-client/src/redact.rs",), 0),
    "encoders": (("crates/fedctl-core/src/text/",), 0),
}
# Tests are run together as long as they need no more seconds than this, the shortest first: most changes are noticed soon.
TOGETHER = [0.05, 0.2, 1, 3, 10, 30]
# Tests that need more seconds than this are asked only of what no shorter one notices, when everything was tried once.
LONG = 0.3


def cargo(arguments):
    """What cargo says, message by message."""
    words = ["cargo", "test", "--locked", "--profile", "mutants", "--no-run", "--message-format", "json", *arguments]
    run = subprocess.run(
        words,
        cwd=TREE,
        env={**environment(), "CARGO_TARGET_DIR": str(ROOT / "target")},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return [json.loads(line) for line in run.stdout.splitlines() if line.startswith(b"{")], run.returncode == 0


def environment(**more):
    """Ours, and more. A snapshot that differs fails its test, and nothing is written for it; random cases are the same for
    every change, and one that fails is not made simpler first."""
    fixed = {"INSTA_UPDATE": "no", "PROPTEST_RNG_SEED": "1", "PROPTEST_MAX_SHRINK_ITERS": "0"}
    return {**os.environ, **fixed, **more}


def build(suite, mutants, functions, texts):
    """The test programs of a crate with every change that compiles, and the changes that do not."""
    of = digest([mutants, texts])
    known = HOME / f"gone-{Path(suite).name}.json"
    remembered = json.loads(known.read_text()) if known.exists() else {}
    # What did not compile when all was as it is now is left out at once: one build less.
    gone = set(remembered.get(of, []))
    while True:
        places = {}
        for file, text in texts.items():
            of_file = [function for function in functions if function.file == file]
            changed, places[file] = fold.fold(text, of_file, mutants, gone)
            fold.write(TREE / file, changed.encode())
        messages, ok = cargo(SUITES[suite])
        if ok:
            known.write_text(json.dumps({of: sorted(gone)}))
            return programs(messages), gone
        wrong = {number for message in messages for number in blamed(message, places)}
        if not wrong:
            errors = [it["message"]["rendered"] for it in messages if is_error(it)]
            sys.exit("mutants: this does not compile, and no change is to blame:\n" + "\n".join(errors[:5]))
        gone |= wrong


def is_error(message):
    return message.get("reason") == "compiler-message" and message["message"]["level"] == "error"


def blamed(message, places):
    """The changes on whose lines an error stands."""
    if not is_error(message):
        return
    for span in message["message"]["spans"]:
        for number, (first, last) in places.get(span["file_name"], {}).items():
            if span["is_primary"] and isinstance(number, int) and first <= span["line_start"] <= last:
                yield number


def programs(messages):
    """The test programs, each with the directory that its tests expect."""
    return sorted(
        {
            (message["executable"], str(Path(message["manifest_path"]).parent))
            for message in messages
            if message.get("reason") == "compiler-artifact" and message["executable"] and message["profile"]["test"]
        }
    )


def run(program, tests, seconds, **variables):
    """Which of these tests of a program fail, or None when they take too long. One that ends the program is told as `""`."""
    executable, directory = program
    # A change that never stops asking for memory ends by itself.
    words = ["bash", "-c", 'ulimit -v 8000000; exec "$@"', "-", executable, "--exact", "--test-threads", "1", *tests]
    try:
        ended = subprocess.run(
            words,
            cwd=directory,
            env=environment(**variables),
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    failed = re.findall(r"^test (\S+)(?: - should panic)? \.\.\. FAILED$", ended.stdout.decode(errors="replace"), re.MULTILINE)
    return failed if ended.returncode == 0 or failed else [""]


def survey(suite, programs):
    """Every test with its seconds and the functions it comes by, the shortest first. Without a change all have to pass."""
    known, key = HOME / f"survey-{Path(suite).name}.json", [[*program, Path(program[0]).stat().st_mtime] for program in programs]
    remembered = json.loads(known.read_text()) if known.exists() else {}
    if remembered.get("of") == key:
        return [(seconds, tuple(program), test, set(passed)) for seconds, program, test, passed in remembered["tests"]]
    found = sorted((surveyed(program, test) for program in programs for test in listed(program)), key=lambda it: it[0])
    known.write_text(json.dumps({"of": key, "tests": [[*it[:3], sorted(it[3])] for it in found]}))
    return found


def listed(program):
    """The tests of a program that are run when nothing is said."""
    words = [program[0], "--list", "--format", "terse"]
    of = [subprocess.run([*words, *more], cwd=program[1], stdout=subprocess.PIPE, check=True) for more in ([], ["--ignored"])]
    every, ignored = (set(it.stdout.decode().splitlines()) for it in of)
    return sorted(line.removesuffix(": test") for line in every - ignored)


def surveyed(program, test):
    """One of them."""
    seen = HOME / "seen.txt"
    seen.unlink(missing_ok=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run(program, [test], 600, FEDCTL_MUTANTS_SEEN=str(seen)) != []:
        sys.exit(f"mutants: the test {test} fails, and nothing was changed")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Of the processor, so that a machine that is shared counts as any other.
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, program, test, {int(it) for it in seen.read_text().split()} if seen.exists() else set()


def batches(tests):
    """Tests that are run together: of one program, and not much longer than is allowed at that point."""
    limits, batch, total = iter(TOGETHER), [], 0.0
    limit = next(limits)
    for test in tests:
        if batch and total + test[0] > limit:
            yield batch
            batch, total, limit = [], 0.0, next(limits, TOGETHER[-1])
        batch.append(test)
        total += test[0]
    if batch:
        yield batch


def noticed(number, tests):
    """Whether a test notices this change: `caught`, `timeout` or `missed`, and the tests that did."""
    for batch in batches(tests):
        for program in sorted({it[1] for it in batch}):
            of_program = [it for it in batch if it[1] == program]
            # Many times what they need, for a machine that is shared.
            seconds = 30 + 20 * sum(it[0] for it in of_program)
            failed = run(program, [it[2] for it in of_program], seconds, FEDCTL_MUTANT=str(number))
            if failed != []:
                return ("timeout", []) if failed is None else ("caught", failed)
    return "missed", []


def main():
    again = "again" in sys.argv[1:]
    nth, of = (int(it) for it in next((it for it in sys.argv[1:] if it != "again"), "0/1").split("/"))
    mutants = json.loads((HOME / "mutants.json").read_text())
    texts = {file: (ROOT / file).read_text() for file in sorted({mutant["file"] for mutant in mutants})}
    functions = fold.functions(mutants, texts)
    copy(functions, texts)
    outcome = Outcome(mutants, texts, again)
    chosen, gone = [], set()
    for suite in SUITES:
        of_suite = {file: text for file, text in texts.items() if file.startswith(suite)}
        built, wrong = build(suite, mutants, functions, of_suite)
        gone |= wrong
        tests = survey(suite, built)
        print(f"mutants: {len(tests)} tests of {suite}, {sum(it[0] for it in tests):.0f} s", flush=True)
        for function in (it for it in functions if it.file in of_suite):
            near = [it for it in tests if function.number in it[3]]
            chosen += [(it, function, near) for it in function.changes if it not in wrong and it % of == nth]
    chosen.sort(key=lambda it: (group(mutants[it[0]]), it[0]))
    sys.exit(close(mutants, tried(mutants, chosen, outcome), gone))


class Outcome:
    """What became of each change, kept from run to run as long as nothing but tests is written."""

    def __init__(self, mutants, texts, again):
        self.path, self.mutants, self.of = HOME / "outcome.json", mutants, digest(texts)
        known = json.loads(self.path.read_text()) if again and self.path.exists() else {}
        self.ended = known["ended"] if known.get("of") == self.of else {}

    def noticed(self, number):
        """How it was noticed before, if it was."""
        how = self.ended.get(self.mutants[number]["name"], "missed")
        return None if how == "missed" else (how, [])

    def keep(self, number, how):
        self.ended[self.mutants[number]["name"]] = how
        self.path.write_text(json.dumps({"of": self.of, "ended": self.ended}, indent=1))


def digest(what):
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def tried(mutants, chosen, outcome):
    """How each change ends: by the short tests first, and where they do not notice it by the long ones."""
    ended, noticed_by = {}, {}
    for are_long in (False, True):
        for number, function, near in chosen:
            # What noticed another change of the same function first.
            best = noticed_by.setdefault(function.number, [])
            asked = sorted((it for it in near if (it[0] > LONG) == are_long), key=lambda it: it[2] not in best)
            ended[number], by = outcome.noticed(number) or noticed(number, asked)
            best[:0] = by[:1]
            outcome.keep(number, ended[number])
            if ended[number] == "missed":
                how = "survived" if are_long else "survived so far" if near else "no test comes by"
                print(f"{how}: {mutants[number]['name']}", flush=True)
        if not are_long:
            print(f"mutants: by tests of less than {LONG} s: {figures(mutants, ended)[0]}", flush=True)
    return ended


def group(mutant):
    """The place among the groups."""
    return next(at for at, (places, _) in enumerate(GROUPS.values()) if mutant["file"].startswith(places))


def copy(functions, texts):
    """The repository as it is, beside itself, with a choice in each crate; what is changed is written later."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout.decode().split("\0")
    choice = fold.CHOICE.replace("FUNCTIONS", str(len(functions))).encode()
    for name in names:
        if name and name not in texts and (ROOT / name).is_file():
            is_crate = name.removesuffix("/src/lib.rs") in SUITES
            fold.write(TREE / name, (ROOT / name).read_bytes() + (choice if is_crate else b""))


def figures(mutants, ended):
    """How many of each group are noticed, and whether that is too few."""
    said, broken = [], not ended
    for name, (places, least) in GROUPS.items():
        of_group = [how for number, how in ended.items() if mutants[number]["file"].startswith(places)]
        killed = sum(how != "missed" for how in of_group)
        if of_group:
            said.append(f"{name} {killed} of {len(of_group)}")
            broken |= killed * 100 < len(of_group) * least
    return ", ".join(said), broken


def close(mutants, ended, gone):
    """The closing line, and the exit code."""
    said, broken = figures(mutants, ended)
    constants = sum(mutant["function"] is None for mutant in mutants)
    print(f"mutants: {said}; {len(gone)} do not compile, {constants} are in constants and were not tried")
    return 1 if broken else 0


main()
