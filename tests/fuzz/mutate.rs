//! Changes inputs, by a seed. There is a crate for every part of this but the words that our formats have a meaning for.

/// Numbers by a seed: splitmix64.
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end.max(1) as u64).expect("it is below a size")
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Pieces that some format or some reader has a meaning for.
pub(crate) const PIECES: [&str; 72] = [
    "",
    " ",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{9b}1m",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{feff}",
    "\u{e0041}",
    "\u{2028}",
    "é",
    "👩‍👩‍👧",
    "\u{301}",
    "\"",
    "'",
    "`",
    "```",
    "``",
    "\\",
    "\\\"",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    "{{",
    "[[",
    ":",
    ": ",
    ",",
    "- ",
    "? ",
    "& ",
    "*a",
    "&a ",
    "!!str ",
    "<<: *a",
    "|\n",
    ">-\n",
    "#",
    "%",
    "%2e%2e",
    "../",
    "..",
    "/",
    "?",
    "&",
    "=",
    "|",
    "$eq",
    ":$ew:",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "<script>",
    "<!--",
    "&lt;",
    "</details>",
    "@here",
    "![x](http://x)",
    "](",
    "www.x.com",
    "{\"$of\": [\"a\", \"b\", \"id\"]}",
    "${{ x }}",
];

/// An input that is like this one, and in some places another. `others` are inputs of the same kind.
pub(crate) fn mutated(input: &[u8], others: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut out = input.to_vec();
    for _ in 0..=dice.below(4) {
        change(&mut out, others, dice);
    }
    out.truncate(1 << 16);
    out
}

fn change(out: &mut Vec<u8>, others: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.below(out.len() + 1);
    let end = (at + dice.below(24)).min(out.len());
    match dice.below(9) {
        0 => {
            let bit = 1 << dice.below(8);
            if let Some(byte) = out.get_mut(at) {
                *byte ^= bit;
            }
        }
        1 => drop(out.drain(at..end)),
        2 => out.truncate(at),
        3 => {
            let piece = out[at..end].to_vec();
            let to = dice.below(out.len() + 1);
            out.splice(to..to, piece);
        }
        4 => {
            let other = others.get(dice.below(others.len())).map_or(&[][..], Vec::as_slice);
            let from = dice.below(other.len() + 1);
            out.truncate(at);
            out.extend_from_slice(&other[from..]);
        }
        5 => token(out, at, dice),
        6 => {
            let many = PIECES[dice.below(PIECES.len())].repeat(1 + dice.below(300));
            out.splice(at..at, many.into_bytes());
        }
        _ => {
            let piece = *dice.pick(&PIECES);
            out.splice(at..end, piece.bytes());
        }
    }
}

/// Replaces the word, the number or the quoted text around a place.
fn token(out: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let is_end = |byte: &u8| b"\",:{}[] \n".contains(byte);
    let from = out[..at].iter().rposition(is_end).map_or(0, |at| at + 1);
    let to = out[at..].iter().position(is_end).map_or(out.len(), |length| at + length);
    let piece = *dice.pick(&PIECES);
    out.splice(from..to, piece.bytes());
}

#[test]
fn the_same_seed_makes_the_same_inputs_and_another_makes_others() {
    let inputs = |seed| {
        let mut dice = Dice::new(seed);
        (0..50).map(|_| mutated(b"{\"name\": \"x\", \"n\": 1}", &[b"[1,2]".to_vec()], &mut dice)).collect::<Vec<_>>()
    };
    assert_eq!(inputs(1), inputs(1));
    assert_ne!(inputs(1), inputs(2));
    let changed = inputs(3).into_iter().filter(|input| input != b"{\"name\": \"x\", \"n\": 1}").count();
    assert!(changed > 40, "{changed}");
}
