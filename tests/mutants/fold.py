"""All changes at once: every function that is changed becomes a choice between what it is and each of its changes, so that
one build holds all of them and a number in the environment chooses one.

What cargo-mutants lists is put in its place word for word; nothing is changed that it would not change.
"""

import re
from pathlib import Path

# In every crate that is changed. `FEDCTL_MUTANT` is the change that is made; what functions were come by goes into a file.
CHOICE = """
pub(crate) mod mutant {
    use std::io::Write as _;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    static CHOSEN: LazyLock<u32> =
        LazyLock::new(|| std::env::var("FEDCTL_MUTANT").ok().and_then(|it| it.parse().ok()).unwrap_or(u32::MAX));
    static SEEN: [AtomicBool; FUNCTIONS] = [const { AtomicBool::new(false) }; FUNCTIONS];

    pub(crate) fn chosen(function: usize) -> u32 {
        if !SEEN[function].load(Ordering::Relaxed) && !SEEN[function].swap(true, Ordering::Relaxed) {
            if let Some(path) = std::env::var_os("FEDCTL_MUTANTS_SEEN") {
                let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
                file.write_all(format!("{function}\\n").as_bytes()).unwrap();
            }
        }
        *CHOSEN
    }
}
"""


class Function:
    """A function that is changed, with the numbers of its changes."""

    def __init__(self, number, file, start, end, returns):
        self.number, self.file, self.start, self.end = number, file, start, end
        # What it returns, where that is a trait only: its changes are of other types than it is.
        self.boxed = returns.removeprefix("->").strip().removeprefix("impl ") if "impl " in returns else None
        self.changes = []


def functions(mutants, texts):
    """The outermost functions that hold changes. Constants are in none: they cannot choose."""
    spans = {}
    for number, mutant in enumerate(mutants):
        if mutant["function"] is None:
            continue
        text = texts[mutant["file"]]
        span = mutant["function"]["span"]
        key = (mutant["file"], offset(text, span["start"]), -offset(text, span["end"]))
        spans.setdefault(key, (mutant["function"]["return_type"], []))[1].append(number)
    found = []
    for (file, start, end), (returns, numbers) in sorted(spans.items()):
        if not found or found[-1].file != file or found[-1].end < -end:
            found.append(Function(len(found), file, start, -end, returns))
        found[-1].changes += numbers
    return found


def offset(text, place):
    """Lines and columns are counted from one, columns in characters."""
    at = 0
    for _ in range(place["line"] - 1):
        at = text.index("\n", at) + 1
    return at + place["column"] - 1


def opening(text, at):
    """Where the body begins: the first brace after comments, attributes and everything in brackets."""
    depth = 0
    while True:
        if text.startswith("//", at):
            at = text.index("\n", at)
        elif string := re.compile(r'"(\\.|[^"\\])*"').match(text, at):
            at = string.end() - 1
        elif text[at] in "([":
            depth += 1
        elif text[at] in ")]":
            depth -= 1
        elif text[at] == "{" and depth == 0:
            return at
        at += 1


def fold(text, functions, mutants, gone):
    """The text with every change in it but those that are `gone`, and the lines on which each stands."""
    out, done, lines = [], 0, {}
    for function in functions:
        start = opening(text, function.start) + 1
        body = text[start : function.end - 1]
        out.append(text[done:start])
        arms = [number for number in function.changes if number not in gone]
        out.append(f"match crate::mutant::chosen({function.number}) {{\n")
        for number in [*arms, None]:
            line = sum(part.count("\n") for part in out) + 1
            pattern, arm = "_", body
            if number is not None:
                span = mutants[number]["span"]
                first, last = (offset(text, span[end]) - start for end in ("start", "end"))
                pattern, arm = str(number), body[:first] + mutants[number]["replacement"] + body[last:]
            arm = f"{{{arm}}}"
            if function.boxed:
                arm = f"Box::new({arm}) as Box<dyn {function.boxed} + '_>"
            out.append(f"{pattern} => {arm}{',' if function.boxed else ''}\n")
            lines[number if number is not None else f"_{function.number}"] = (line, line + out[-1].count("\n") - 1)
        out.append("}")
        done = function.end - 1
    return "".join(out) + text[done:], lines


def write(path, text):
    """A file that is as it should be is left alone, so that nothing is built again for it."""
    path = Path(path)
    if not path.exists() or path.read_bytes() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
