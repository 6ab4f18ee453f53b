//! "Did you mean": the allowed word that is only a typing error away.

/// The nearest of the words, if it is near enough to be what was meant.
pub fn nearest<'w>(typed: &str, words: &[&'w str]) -> Option<&'w str> {
    let typed = typed.to_lowercase().replace('-', "_");
    let distances = words.iter().map(|word| {
        let folded = word.to_lowercase().replace('-', "_");
        // `form` for `from` is one slip of the fingers, whatever the distance says.
        let errors = if letters(&typed) == letters(&folded) { 1 } else { distance(&typed, &folded) };
        (errors, *word)
    });
    let (errors, word) = distances.min_by_key(|(errors, _)| *errors)?;
    (word.len() > 2 && errors <= 1 + word.len() / 5).then_some(word)
}

fn letters(word: &str) -> Vec<char> {
    let mut letters: Vec<char> = word.chars().take(64).collect();
    letters.sort_unstable();
    letters
}

/// How many insertions, deletions and replacements lie between two words.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    // Longer words are no typing errors; comparing them would cost the product of the lengths.
    for (line, typed) in from.chars().take(64).enumerate() {
        let mut above_left = std::mem::replace(&mut row[0], line + 1);
        for (column, wanted) in to.iter().enumerate() {
            let replaced = above_left + usize::from(typed != *wanted);
            above_left = row[column + 1];
            row[column + 1] = replaced.min(above_left + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}
