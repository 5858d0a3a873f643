//! What the writer most likely meant.

/// The known word that lies nearest, if it lies near enough to have been meant.
pub(crate) fn did_you_mean<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let nearest = known.iter().map(|candidate| (distance(&word, candidate), *candidate)).min()?;
    // A third of the letters wrong is a slip; more is another word.
    let allowed = (nearest.1.len() / 3).max(1);
    (nearest.0 <= allowed).then_some(nearest.1)
}

/// "unknown key `x` on a field; did you mean `y`? (expected one of `y`, `z`)": `what` is what
/// the word was taken for, with the word in it.
pub(crate) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    format!("unknown {what}{} ({})", hint(word, known), expected(known))
}

/// "; did you mean `x`?", or nothing.
fn hint(word: &str, known: &[&str]) -> String {
    did_you_mean(word, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// "expected one of `a`, `b`", for the end of a message.
fn expected(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [only] => format!("expected {only}"),
        all => format!("expected one of {}", all.join(", ")),
    }
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[&str] = &["name", "retry", "ephemeral", "terminal"];

    #[test]
    fn slips_are_understood_and_other_words_are_not() {
        assert_eq!(did_you_mean("nmae", KEYS), Some("name"));
        assert_eq!(did_you_mean("Name", KEYS), Some("name"));
        assert_eq!(did_you_mean("emphemeral", KEYS), Some("ephemeral"));
        assert_eq!(did_you_mean("termnal", KEYS), Some("terminal"));
        assert_eq!(did_you_mean("colour", KEYS), None);
        assert_eq!(did_you_mean("x", &[]), None);
    }

    #[test]
    fn the_text_says_what_is_known() {
        let known = &["id", "topic"];
        assert_eq!(
            unknown("key `topci` on a field", "topci", known),
            "unknown key `topci` on a field; did you mean `topic`? (expected one of `id`, `topic`)"
        );
        assert_eq!(
            unknown("key `secret`", "secret", &["id"]),
            "unknown key `secret` (expected `id`)"
        );
    }
}
