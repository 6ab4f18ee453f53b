//! Reads the keys of a mapping into validated values, collecting every problem on the way.
//!
//! Whatever is wrong, reading goes on: the caller gets a default or nothing, and the problem is in the list. A file with an
//! error in the list is never used, so a default in the place of a wrong value does no harm.

use std::collections::{BTreeMap, BTreeSet};

use super::Format;
use super::diagnostic::{Code, Diagnostic};
use super::nearest::nearest;
use super::node::{Entry, Node, ScalarKind, What};
use super::path::{FieldPath, Located};
use super::word::{Refused, Word, is_hidden};

/// How many problems are collected: more than anybody corrects at once, and a bound on what a hostile file costs.
const MAX_PROBLEMS: usize = 1000;

/// Collects problems while values are read.
#[derive(Debug)]
pub(crate) struct Reader {
    format: &'static Format,
    problems: Vec<Diagnostic>,
}

/// One mapping of the file, or the place where it would stand.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'n> {
    pub(crate) at: FieldPath,
    node: Option<&'n Node>,
}

impl<'n> Fields<'n> {
    /// What stands under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.node?.get(key)
    }

    /// Whether the mapping is there.
    pub(crate) fn is_written(&self) -> bool {
        self.node.is_some()
    }

    /// Where a key would stand.
    pub(crate) fn at(&self, key: &str) -> FieldPath {
        self.at.key(key)
    }
}

impl Reader {
    /// Begins with the problems that are known already.
    pub(crate) fn new(format: &'static Format, problems: Vec<Diagnostic>) -> Self {
        let mut reader = Self { format, problems: Vec::new() };
        reader.extend(problems);
        reader
    }

    pub(crate) fn push(&mut self, problem: Diagnostic) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    pub(crate) fn extend(&mut self, problems: impl IntoIterator<Item = Diagnostic>) {
        problems.into_iter().for_each(|problem| self.push(problem));
    }

    /// Whether something is wrong with the value at a path or in it.
    pub(crate) fn is_wrong(&self, path: &FieldPath) -> bool {
        self.problems.iter().any(|problem| problem.is_about(path))
    }

    /// How much is wrong so far.
    pub(crate) fn count(&self) -> usize {
        self.problems.len()
    }

    /// Everything that is wrong.
    pub(crate) fn into_problems(self) -> Vec<Diagnostic> {
        self.problems
    }

    /// A mapping with these keys and no others.
    pub(crate) fn fields<'n>(&mut self, node: Option<&'n Node>, at: FieldPath, known: &[&str]) -> Fields<'n> {
        let Some(node) = node else { return Fields { at, node } };
        let What::Map(entries) = &node.what else {
            let found = Fields { at: at.clone(), node: None };
            self.wrong_type(node, &at, "a mapping");
            return found;
        };
        let mut seen = BTreeSet::new();
        for Entry { key, .. } in entries {
            // A key that is there twice is reported as that; `<<` is reported with the rest of YAML's extras.
            if !known.contains(&key.as_str()) && key != "<<" && seen.insert(key) {
                self.push(self.unknown_key(key, &at, known));
            }
        }
        Fields { at, node: Some(node) }
    }

    /// The mapping under a key.
    pub(crate) fn section<'n>(&mut self, fields: &Fields<'n>, key: &str, known: &[&str]) -> Fields<'n> {
        self.fields(fields.get(key), fields.at(key), known)
    }

    /// A key that must be there.
    pub(crate) fn must_have(&mut self, fields: &Fields<'_>, key: &str, example: &str) {
        // Where the mapping itself is missing or no mapping, that is the problem; so is the key under a misspelt name.
        let advice = did_you_mean(key);
        let is_misspelt = |problem: &Diagnostic| {
            problem.code == Code::UnknownKey && problem.help.as_ref() == Some(&advice) && problem.is_about(&fields.at)
        };
        if fields.is_written() && fields.get(key).is_none() && !self.problems.iter().rev().take(16).any(is_misspelt) {
            let message = format!("`{}` is missing", fields.at(key));
            let problem = Diagnostic::error(Code::MissingKey, message);
            let problem = if fields.at == FieldPath::root() { problem } else { problem.at_key(&fields.at, "") };
            self.push(problem.help(format!("write it, for example `{example}`")));
        }
    }

    /// A word under a key, or the default.
    pub(crate) fn word_or<T: Word>(
        &mut self,
        fields: &Fields<'_>,
        key: &str,
        default: impl FnOnce() -> T,
    ) -> Located<T> {
        self.word(fields, key).unwrap_or_else(|| Located::new(default(), fields.at(key)))
    }

    /// A word under a key.
    pub(crate) fn word<T: Word>(&mut self, fields: &Fields<'_>, key: &str) -> Option<Located<T>> {
        self.word_at(fields.get(key)?, fields.at(key))
    }

    /// A word that stands somewhere.
    pub(crate) fn word_at<T: Word>(&mut self, node: &Node, at: FieldPath) -> Option<Located<T>> {
        let text = self.text(node, &at)?;
        match T::parse(text) {
            Ok(word) => Some(Located::new(word, at)),
            Err(refused) => {
                self.refuse(refused, &at);
                None
            }
        }
    }

    /// Reports what was refused, at its place.
    pub(crate) fn refuse(&mut self, refused: Refused, at: &FieldPath) {
        let Refused { code, message, help } = refused;
        let problem = Diagnostic::error(code, message).at_value(at, "");
        self.push(Diagnostic { help, ..problem });
    }

    /// Reports a key that was refused, at its place.
    pub(crate) fn refuse_key(&mut self, refused: Refused, at: &FieldPath) {
        let Refused { code, message, help } = refused;
        let problem = Diagnostic::error(code, message).at_key(at, "");
        self.push(Diagnostic { help, ..problem });
    }

    /// One of some words under a key, or the default.
    pub(crate) fn choice_or<T: Copy>(&mut self, fields: &Fields<'_>, key: &str, of: &[(&str, T)], or: T) -> Located<T> {
        let at = fields.at(key);
        let chosen = fields.get(key).and_then(|node| self.choice(node, &at, of));
        Located::new(chosen.unwrap_or(or), at)
    }

    /// One of some words.
    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, at: &FieldPath, of: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, at)?;
        let found = of.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = of.iter().map(|(word, _)| *word).collect();
            let problem = Diagnostic::error(Code::UnknownValue, format!("`{text}` is not possible here"));
            self.push(problem.at_value(at, "").help(match nearest(text, &words) {
                Some(near) => did_you_mean(near),
                None => format!("possible are {}", in_backticks(&words)),
            }));
        }
        found
    }

    /// `true` or `false` under a key, or the default.
    pub(crate) fn boolean_or(&mut self, fields: &Fields<'_>, key: &str, default: bool) -> Located<bool> {
        let at = fields.at(key);
        let value = match fields.get(key).map(|node| (node, &node.what)) {
            None => default,
            Some((_, What::Scalar { kind: ScalarKind::Bool(value), .. })) => *value,
            Some((node, What::Scalar { .. } | What::List(_) | What::Map(_))) => {
                self.wrong_type(node, &at, "`true` or `false`");
                default
            }
        };
        Located::new(value, at)
    }

    /// A count under a key.
    pub(crate) fn number(&mut self, fields: &Fields<'_>, key: &str) -> Option<Located<u32>> {
        let (node, at) = (fields.get(key)?, fields.at(key));
        let text = self.text(node, &at)?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Some(Located::new(number, at)),
            Ok(_) | Err(_) => {
                let message = format!("`{text}` is no count");
                self.push(
                    Diagnostic::error(Code::InvalidNumber, message)
                        .at_value(&at, "")
                        .help("write a number such as `3`"),
                );
                None
            }
        }
    }

    /// The entries of a list under a key, each with its place; `None` if the key is not there.
    pub(crate) fn list<'n>(&mut self, fields: &Fields<'n>, key: &str) -> Option<Vec<(&'n Node, FieldPath)>> {
        let (node, at) = (fields.get(key)?, fields.at(key));
        let What::List(nodes) = &node.what else {
            self.wrong_type(node, &at, "a list");
            return Some(Vec::new());
        };
        Some(nodes.iter().enumerate().map(|(index, node)| (node, at.index(index))).collect())
    }

    /// A list of words under a key, each of them once.
    pub(crate) fn words<T: Word + Ord>(&mut self, fields: &Fields<'_>, key: &str) -> Vec<Located<T>> {
        let entries = self.list(fields, key).unwrap_or_default();
        let words = entries.into_iter().filter_map(|(node, at)| self.word_at(node, at)).collect();
        self.each_once(words)
    }

    /// Reports what stands in a list twice, and keeps the first of each.
    pub(crate) fn each_once<T: Ord>(&mut self, entries: Vec<Located<T>>) -> Vec<Located<T>> {
        let mut kept: BTreeMap<T, FieldPath> = BTreeMap::new();
        for Located { value, at } in entries {
            match kept.get(&value) {
                Some(first) => self.push(
                    Diagnostic::error(Code::DuplicateEntry, "this entry is in the list twice")
                        .at_value(&at, "again")
                        .at_value(first, "first here"),
                ),
                None => drop(kept.insert(value, at)),
            }
        }
        let mut kept: Vec<Located<T>> = kept.into_iter().map(|(value, at)| Located::new(value, at)).collect();
        kept.sort_by(|one, other| one.at.cmp(&other.at));
        kept
    }

    /// The text of a scalar that is neither blank nor holds hidden characters.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, at: &FieldPath) -> Option<&'n str> {
        let What::Scalar { text, kind } = &node.what else {
            self.no_scalar(node, at);
            return None;
        };
        if *kind == ScalarKind::Null || text.trim().is_empty() {
            let problem = Diagnostic::error(Code::EmptyValue, format!("`{at}` is empty")).at_value(at, "");
            let problem = if *kind == ScalarKind::Null && !text.is_empty() {
                problem.help(format!("YAML takes `{text}` for nothing; quote it if it is meant as text"))
            } else {
                problem.help("write a value, or remove the key")
            };
            self.push(problem);
            return None;
        }
        if let Some(hidden) = text.chars().find(|c| is_hidden(*c)) {
            let message = format!("`{at}` holds the character U+{:04X}, which nobody can see", u32::from(hidden));
            self.push(Diagnostic::error(Code::HiddenCharacter, message).at_value(at, "").help("type the value again"));
            return None;
        }
        Some(text)
    }

    /// A mapping or list where text belongs: often a placeholder without quotes, or a source of credentials.
    fn no_scalar(&mut self, node: &Node, at: &FieldPath) {
        let entries = match &node.what {
            What::Map(entries) => entries.as_slice(),
            What::List(_) | What::Scalar { .. } => &[],
        };
        if let [Entry { key, .. }] = entries
            && self.format.placeholders.contains(&key.as_str())
        {
            return self.push(unquoted(key).at_value(at, "YAML takes this for a mapping"));
        }
        let elsewhere = self.format.elsewhere;
        let misplaced: Vec<_> = entries.iter().filter_map(|Entry { key, .. }| elsewhere(key, &at.key(key))).collect();
        if misplaced.is_empty() {
            return self.wrong_type(node, at, "text");
        }
        self.extend(misplaced);
    }

    /// Something of another kind than what belongs there.
    pub(crate) fn wrong_type(&mut self, node: &Node, at: &FieldPath, wanted: &str) {
        let is_null = matches!(&node.what, What::Scalar { kind: ScalarKind::Null, .. });
        let problem = if is_null {
            Diagnostic::error(Code::EmptyValue, format!("`{at}` is empty"))
                .at_value(at, "")
                .help(format!("write {wanted}, or remove the key"))
        } else {
            let place = if at.segments().is_empty() { self.format.the.to_owned() } else { format!("`{at}`") };
            Diagnostic::error(Code::WrongType, format!("{place} is {}, not {wanted}", node.kind_name()))
                .at_value(at, format!("{wanted} belongs here"))
        };
        self.push(problem);
    }

    fn unknown_key(&self, key: &str, above: &FieldPath, known: &[&str]) -> Diagnostic {
        let at = above.key(key);
        if let Some(problem) = (self.format.elsewhere)(key, &at) {
            return problem;
        }
        let place = if above.segments().is_empty() { self.format.a.to_owned() } else { format!("`{above}`") };
        let problem = Diagnostic::error(Code::UnknownKey, format!("{place} has no key `{key}`")).at_key(&at, "");
        problem.help(match nearest(key, known) {
            Some(near) => did_you_mean(near),
            None => format!("its keys are {}", in_backticks(known)),
        })
    }
}

/// A placeholder without quotes.
pub(crate) fn unquoted(placeholder: &str) -> Diagnostic {
    Diagnostic::error(Code::UnquotedTemplate, format!("`{{{placeholder}}}` needs quotes")).help(format!(
        "YAML reads an unquoted brace as a mapping: put the whole value in quotes, as in `\"{{{placeholder}}}\"`"
    ))
}

fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

/// Words as a list in a sentence.
pub(crate) fn in_backticks(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
