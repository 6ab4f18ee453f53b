//! A small set of rows in which every two answers to every two questions meet.

use std::collections::BTreeSet;

/// A row: for each question, the position of its answer.
pub(crate) type Row = Vec<usize>;

/// Two questions by position, each with the position of its answer.
type Pair = (usize, usize, usize, usize);

/// Rows that cover every pair; `sizes` says how many answers each question has. The first row has the first answer to
/// every question. The same sizes give the same rows.
pub(crate) fn rows(sizes: &[usize]) -> Vec<Row> {
    let mut open: BTreeSet<Pair> = pairs(sizes).collect();
    let mut rows = vec![vec![0; sizes.len()]];
    open.retain(|pair| !covers(&rows[0], pair));
    while let Some(&(one, of_one, other, of_other)) = open.first() {
        let mut row: Vec<Option<usize>> = vec![None; sizes.len()];
        (row[one], row[other]) = (Some(of_one), Some(of_other));
        for question in 0..sizes.len() {
            if row[question].is_none() {
                row[question] = Some(best(&open, &row, question, sizes[question]));
            }
        }
        let row: Row = row.into_iter().flatten().collect();
        open.retain(|pair| !covers(&row, pair));
        rows.push(row);
    }
    rows
}

/// The answer that meets the most answers that it has not met yet.
fn best(open: &BTreeSet<Pair>, row: &[Option<usize>], question: usize, answers: usize) -> usize {
    let meets = |answer: usize| {
        let is_met = |(one, of_one, other, of_other): &&Pair| {
            let is = |at: usize, of: usize| if at == question { answer == of } else { row[at] == Some(of) };
            (*one == question || *other == question) && is(*one, *of_one) && is(*other, *of_other)
        };
        open.iter().filter(is_met).count()
    };
    (0..answers).rev().max_by_key(|answer| meets(*answer)).unwrap_or_default()
}

fn pairs(sizes: &[usize]) -> impl Iterator<Item = Pair> {
    let two = (0..sizes.len()).flat_map(move |one| (one + 1..sizes.len()).map(move |other| (one, other)));
    two.flat_map(move |(one, other)| {
        (0..sizes[one]).flat_map(move |a| (0..sizes[other]).map(move |b| (one, a, other, b)))
    })
}

fn covers(row: &[usize], (one, of_one, other, of_other): &Pair) -> bool {
    row[*one] == *of_one && row[*other] == *of_other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::QUESTIONS;

    fn missed(sizes: &[usize]) -> Vec<Pair> {
        let rows = rows(sizes);
        pairs(sizes).filter(|pair| !rows.iter().any(|row| covers(row, pair))).collect()
    }

    #[test]
    fn every_two_answers_to_every_two_questions_meet_in_some_row() {
        let ours: Vec<usize> = QUESTIONS.iter().map(|question| question.answers.len()).collect();
        for sizes in [&ours[..], &[2, 2], &[3, 2, 4], &[1, 5, 2, 2], &[2; 30]] {
            assert_eq!(missed(sizes), [], "{sizes:?}");
            assert!(rows(sizes).iter().all(|row| row.iter().zip(sizes).all(|(answer, size)| answer < size)));
        }
    }

    #[test]
    fn rows_are_few_and_the_first_is_that_of_the_stage() {
        let ours: Vec<usize> = QUESTIONS.iter().map(|question| question.answers.len()).collect();
        assert_eq!(rows(&ours)[0], vec![0; ours.len()]);
        assert!(rows(&ours).len() <= 20, "{}", rows(&ours).len());
        assert_eq!(rows(&[]), [Vec::<usize>::new()]);
    }
}
