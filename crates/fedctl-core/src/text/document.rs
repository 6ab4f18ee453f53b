//! From a text to its [`Node`], or to what keeps it from being one YAML document.

use std::collections::BTreeMap;

use super::Format;
use super::diagnostic::{At, Code, Diagnostic};
use super::locate::{Position, locate_nth_key, position_of_byte};
use super::node::{Entry, Node, What, refuse_extras};
use super::path::FieldPath;
use super::reader::unquoted;
use super::yaml::{self, Unreadable};

/// The largest file that is read: enough for a hundred thousand people by their addresses.
pub const MAX_FILE_BYTES: usize = 8 << 20;

/// How many brackets and braces may open: what the YAML parser does with flow mappings in each other takes the square of
/// their depth, before it looks at the depth.
const MAX_OPENING: usize = 10_000;

/// Reads the document. The problems are such that the rest of the file can be read all the same.
pub(crate) fn read(format: &Format, text: &str) -> Result<(Node, Vec<Diagnostic>), Vec<Diagnostic>> {
    if text.len() > MAX_FILE_BYTES {
        let message = format!("the file has {} bytes, and {} at most {MAX_FILE_BYTES}", text.len(), format.a);
        let problem = Diagnostic::error(Code::FileTooLarge, message);
        return Err(vec![problem.help(format.shorter)]);
    }
    if text.matches(['[', '{']).count() > MAX_OPENING {
        let message = format!("the file opens more than {MAX_OPENING} brackets and braces");
        let problem = Diagnostic::error(Code::FileTooLarge, message);
        return Err(vec![problem.help("write long lists as lines that begin with `- `")]);
    }
    let node = yaml::load(text).map_err(|unreadable| explain(format, text, unreadable))?;
    let mut problems = Vec::new();
    twice(text, &node, &FieldPath::root(), &mut problems);
    refuse_extras(format, &node, &FieldPath::root(), &mut problems);
    Ok((node, problems))
}

fn explain(format: &Format, text: &str, unreadable: Unreadable) -> Vec<Diagnostic> {
    let at_if = |problem: Diagnostic, at: Option<Position>| match at {
        Some(position) => problem.at(At::Position(position), ""),
        None => problem,
    };
    match unreadable {
        Unreadable::Empty => {
            vec![Diagnostic::error(Code::EmptyFile, "there is nothing in this file").help(format.example)]
        }
        Unreadable::SeveralDocuments => {
            let problem = Diagnostic::error(Code::SeveralDocuments, "there is more than one document in this file");
            vec![at_if(problem, second_document(text)).help(format.one)]
        }
        Unreadable::AliasBomb(at) => {
            let problem = Diagnostic::error(Code::AliasBomb, "aliases make this file far larger than it looks");
            vec![at_if(problem, at).help("write the values out")]
        }
        Unreadable::Syntax { message, at } => {
            let braces = unquoted_templates(format, text);
            if braces.is_empty() {
                let problem = Diagnostic::error(Code::YamlSyntax, format!("this is not YAML: {message}"));
                let problem = at_if(problem, at);
                let is_tab = at.and_then(|at| text.get(at.byte..)).is_some_and(|rest| rest.starts_with('\t'));
                return vec![if is_tab { problem.help("indent with blanks: YAML has no tabs there") } else { problem }];
            }
            braces
        }
    }
}

/// The line that begins another document.
fn second_document(text: &str) -> Option<Position> {
    let mut byte = 0;
    let mut content = false;
    for line in text.split_inclusive('\n') {
        if content && line.starts_with("---") {
            return Some(Position { len: 3, ..position_of_byte(text, byte) });
        }
        let begins = line.trim_start().trim_end();
        content |= !begins.is_empty() && !begins.starts_with(['#', '%']);
        byte += line.len();
    }
    None
}

/// Values such as `{email}.beta`, on which YAML gives up with words that help nobody.
fn unquoted_templates(format: &Format, text: &str) -> Vec<Diagnostic> {
    let braces = format.placeholders.iter().flat_map(|placeholder| {
        let braces = format!("{{{placeholder}}}");
        let places: Vec<usize> = text.match_indices(&braces).map(|(byte, _)| byte).collect();
        places.into_iter().map(|byte| (byte, *placeholder))
    });
    let mut unquoted_ones: Vec<(usize, &str)> = braces.filter(|(byte, _)| begins_value(text, *byte)).collect();
    unquoted_ones.sort_unstable();
    let report = |(byte, name): (usize, &str)| {
        let position = Position { len: name.len() + 2, ..position_of_byte(text, byte) };
        unquoted(name).at(At::Position(position), "YAML takes this for a mapping")
    };
    unquoted_ones.into_iter().map(report).collect()
}

/// Whether only a key and its colon stand before this byte, and no comment.
fn begins_value(text: &str, byte: usize) -> bool {
    let line = text.get(..byte).and_then(|before| before.lines().next_back()).unwrap_or_default();
    line.ends_with(' ') && line.trim_end().ends_with(':') && !line.contains('#')
}

/// How many keys that are there twice are reported: finding each is a walk through the text.
fn most_duplicates(text: &str) -> usize {
    ((8 << 20) / text.len().max(1)).clamp(3, 20)
}

/// Reports keys that are in one mapping several times; the first is read.
fn twice(text: &str, node: &Node, at: &FieldPath, problems: &mut Vec<Diagnostic>) {
    let entries = match &node.what {
        What::Scalar { .. } => return,
        What::List(nodes) => {
            return nodes.iter().enumerate().for_each(|(index, node)| twice(text, node, &at.index(index), problems));
        }
        What::Map(entries) => entries,
    };
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for Entry { key, value } in entries {
        let at = at.key(key);
        let times = seen.entry(key).or_default();
        if *times > 0 && problems.len() < most_duplicates(text) {
            problems.push(duplicate(text, &at, *times));
        }
        *times += 1;
        twice(text, value, &at, problems);
    }
}

fn duplicate(text: &str, at: &FieldPath, nth: usize) -> Diagnostic {
    let problem = Diagnostic::error(Code::DuplicateKey, format!("`{at}` is there twice"));
    let problem = match locate_nth_key(text, at, nth) {
        Some(again) => problem.at(At::Position(again), "again"),
        None => problem,
    };
    problem.at_key(at, "first here").help("YAML would silently take the last one")
}
