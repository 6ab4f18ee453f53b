//! Hides what may be a secret in a text that people wrote, before a part of it is shown: people put keys where names belong.

/// The ends of keys whose value is nobody's business.
const SECRET_KEYS: &[&str] = &["key", "keys", "secret", "secrets", "token", "password", "passphrase"];

/// The ends of keys whose value is a name; what is too long for one may be a key that somebody put in its place.
const NAME_KEYS: &[&str] = &["credentials", "env"];
const LONGEST_NAME: usize = 32;

/// Replaces by `*`, byte for byte, what stands behind a key that sounds like a secret, what is too long to be a name, and
/// whatever looks like a secret by itself.
pub fn mask(text: &str) -> String {
    text.split_inclusive('\n').map(|line| mask_words(&mask_line(line))).collect()
}

fn mask_line(line: &str) -> String {
    let long = end_of_last_long_word(line);
    let is_secret = |(colon, _): &(usize, &str)| {
        let key = ending(line, *colon);
        let is_long = long > *colon + LONGEST_NAME;
        SECRET_KEYS.iter().any(|secret| key.ends_with(secret))
            || (is_long && NAME_KEYS.iter().any(|name| key.ends_with(name)))
    };
    let Some((colon, _)) = line.match_indices(':').find(is_secret) else { return line.to_owned() };
    let (kept, masked) = line.split_at(colon + 1);
    format!("{kept}{}", stars(masked))
}

fn stars(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { c.to_string() } else { "*".repeat(c.len_utf8()) }).collect()
}

/// Replaces by `*` every word that looks like a key, wherever it stands, and the user name and password of an address.
pub fn mask_words(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || ",[]{}`".contains(c);
    text.split_inclusive(is_end).map(mask_word).collect()
}

fn mask_word(word: &str) -> String {
    if looks_like_a_key(word) {
        return stars(word);
    }
    let user = word.find("://").map(|scheme| scheme + 3).zip(word.rfind('@'));
    match user {
        Some((from, to)) if from < to => format!("{}{}{}", &word[..from], stars(&word[from..to]), &word[to..]),
        Some(_) | None => word.to_owned(),
    }
}

/// Keys are long, of letters and digits, and no addresses; those of a simulator say what they are.
fn looks_like_a_key(word: &str) -> bool {
    let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    let is_long = word.len() > LONGEST_NAME && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic);
    word.contains("sim_") || (is_long && !word.contains('@') && !word.contains("://"))
}

/// Where the last word ends that is too long for a name: whatever key stands before it may be followed by a secret.
fn end_of_last_long_word(line: &str) -> usize {
    let (mut end, mut last) = (0, 0);
    for word in line.split_inclusive([' ', ',', '}']) {
        end += word.len();
        if word.trim_end_matches([' ', ',', '}']).trim().len() > LONGEST_NAME {
            last = end;
        }
    }
    last
}

/// The end of what stands before a colon, in lower case: no more than a key's end, for a line may have a million colons.
fn ending(line: &str, colon: usize) -> String {
    let from = (colon.saturating_sub(24)..=colon).find(|from| line.is_char_boundary(*from)).unwrap_or(colon);
    line.get(from..colon).unwrap_or_default().trim_end().trim_end_matches(['"', '\'']).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_line_is_masked_in_the_time_of_its_length() {
        let began = std::time::Instant::now();
        for piece in [":", "credentials:", "env: ", "credentials: x,"] {
            assert_eq!(mask(&piece.repeat(200_000)).len(), piece.len() * 200_000);
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(20));
        assert!(!mask(&format!("env: {KEY}\n")).contains(KEY));
        assert!(!mask(&format!("{{a: {{credentials: {KEY}}}, b: c}}\n")).contains(KEY));
        assert_eq!(mask("env: ACME_API_KEY\n"), "env: ACME_API_KEY\n");
    }

    #[test]
    fn what_looks_like_a_key_is_masked_wherever_it_stands() {
        for line in
            ["second: KEY", "- KEY", "KEY: x", "a: {b: \"KEY\", c: d}", "from: {groups: [KEY]}", "`KEY` is no name"]
        {
            for key in [KEY, "sim_short"] {
                let masked = mask(&line.replace("KEY", key));
                assert!(!masked.contains(key) && masked.len() == line.len() - 3 + key.len(), "{masked}");
            }
        }
        for line in
            ["organization: \"5f0c0d3e9b1e8a0001a1b2c3\"", "emails: [a.very.long.name.of.somebody1@acme.example.com]"]
        {
            assert_eq!(mask(line), line);
        }
    }

    #[test]
    fn the_password_of_an_address_is_masked_and_its_host_is_not() {
        let masked = mask("proxy: \"http://user:pass@w@proxy.example:3128\"\n");
        assert_eq!(masked, "proxy: \"http://***********@proxy.example:3128\"\n");
        assert_eq!(
            mask("sandbox: http://127.0.0.1:8480 # by ann@acme.com"),
            "sandbox: http://127.0.0.1:8480 # by ann@acme.com"
        );
    }
}
