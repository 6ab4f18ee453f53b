//! Looks for secrets in whatever a run leaves behind, in every spelling in which it might stand there.

use std::io::Read;

use flate2::read::GzDecoder;

/// A way in which a secret may be spelt.
pub(crate) struct Encoding {
    pub(crate) name: &'static str,
    spell: fn(&str) -> Vec<String>,
}

/// Every way that is looked for.
pub(crate) static ENCODINGS: [Encoding; 10] = [
    Encoding { name: "plain", spell: |secret| vec![secret.to_owned()] },
    Encoding { name: "hexadecimal", spell: |secret| vec![hexadecimal(secret.as_bytes(), false)] },
    Encoding { name: "HEXADECIMAL", spell: |secret| vec![hexadecimal(secret.as_bytes(), true)] },
    Encoding { name: "base64", spell: |secret| base64(secret.as_bytes(), STANDARD) },
    Encoding { name: "base64 for URLs", spell: |secret| base64(secret.as_bytes(), FOR_URLS) },
    Encoding { name: "percent", spell: |secret| percent(secret, &["-_.~", "-_.*", "-_.!~*'()", ""]) },
    Encoding { name: "percent, every byte", spell: |secret| every_byte(secret.as_bytes()) },
    Encoding { name: "HTML", spell: html },
    Encoding { name: "JSON", spell: json },
    Encoding { name: "debug", spell: |secret| vec![inner(&format!("{secret:?}"))] },
];

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FOR_URLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn hexadecimal(bytes: &[u8], upper: bool) -> String {
    bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
}

/// The digits that the secret alone decides, at each of the three places of a group where it may begin.
fn base64(secret: &[u8], digits: &[u8; 64]) -> Vec<String> {
    let at = |offset: usize| {
        let padded = [&b"\0\0\0"[..offset], secret].concat();
        let bit = |at: usize| padded.get(at / 8).is_some_and(|byte| byte >> (7 - at % 8) & 1 == 1);
        // Six bits a digit; one that begins before the secret or ends behind it has bits of others.
        let (first, end) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
        let digit = |digit: usize| (0..6).fold(0, |value, next| value << 1 | usize::from(bit(digit * 6 + next)));
        (first..end).map(|place| char::from(digits[digit(place)])).collect()
    };
    (0..3).map(at).collect()
}

/// With letters and digits as they are, and with the signs that one writer or another leaves.
fn percent(secret: &str, left: &[&str]) -> Vec<String> {
    let spelt = |left: &str, lower: bool| {
        let one =
            |c: char| if c.is_ascii_alphanumeric() || left.contains(c) { c.to_string() } else { escaped(c, lower) };
        secret.chars().map(one).collect()
    };
    left.iter().flat_map(|left| [spelt(left, false), spelt(left, true)]).collect()
}

fn escaped(c: char, lower: bool) -> String {
    let spelt = every_byte(c.to_string().as_bytes());
    spelt[usize::from(lower)].clone()
}

fn every_byte(bytes: &[u8]) -> Vec<String> {
    let spelt: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    vec![spelt.clone(), spelt.to_lowercase()]
}

fn html(secret: &str) -> Vec<String> {
    let named = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quoted = |double: &str, single: &str| named.replace('"', double).replace('\'', single);
    let numbered = |decimal: bool| {
        let one = |c: char| if decimal { format!("&#{};", u32::from(c)) } else { format!("&#x{:x};", u32::from(c)) };
        secret.chars().map(one).collect()
    };
    let slash = quoted("&quot;", "&#x27;").replace('/', "&#x2f;");
    vec![
        quoted("&quot;", "&#39;"),
        quoted("&quot;", "&#x27;"),
        quoted("\"", "'"),
        slash,
        numbered(true),
        numbered(false),
    ]
}

fn json(secret: &str) -> Vec<String> {
    let once = inner(&serde_json::Value::from(secret).to_string());
    let twice = inner(&serde_json::Value::from(once.as_str()).to_string());
    let units = |upper: bool| {
        let unit = |unit: u16| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
        secret.encode_utf16().map(unit).collect()
    };
    // A careful writer escapes what HTML has a meaning for, and nothing else.
    let unit = |c: char| match c {
        '<' | '>' | '&' | '\'' => format!("\\u{:04x}", u32::from(c)),
        _ => inner(&serde_json::Value::from(c.to_string()).to_string()),
    };
    vec![once, twice, units(false), units(true), secret.chars().map(unit).collect()]
}

/// What stands between the quotes.
fn inner(quoted: &str) -> String {
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

/// Something that was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Find {
    pub(crate) place: String,
    pub(crate) artifact: String,
    pub(crate) encoding: &'static str,
}

/// What is looked for: secrets by the place that they come from, spelt in every way.
#[derive(Default)]
pub(crate) struct Searcher {
    spelt: Vec<(String, &'static str, Vec<u8>)>,
    places: usize,
}

impl Searcher {
    /// Looks for one more secret.
    #[track_caller]
    pub(crate) fn add(&mut self, place: &str, secret: &str) {
        assert!(secret.len() >= 16, "{place}: a secret that is this short may be found by chance");
        self.places += 1;
        for Encoding { name, spell } in &ENCODINGS {
            let mut spelt = spell(secret);
            spelt.sort();
            spelt.dedup();
            self.spelt.extend(spelt.into_iter().map(|text| (place.to_owned(), *name, text.into_bytes())));
        }
    }

    /// Looks for everything that another one looks for, too.
    pub(crate) fn take(&mut self, other: Searcher) {
        self.spelt.extend(other.spelt);
        self.places += other.places;
    }

    /// How many secrets are looked for.
    pub(crate) fn places(&self) -> usize {
        self.places
    }

    /// Everything that stands in an artifact, and in what is packed in it.
    pub(crate) fn search(&self, artifact: &str, bytes: &[u8]) -> Vec<Find> {
        let mut unpacked = Vec::new();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            GzDecoder::new(bytes).read_to_end(&mut unpacked).expect("what is packed can be unpacked");
        }
        let is_in = |spelt: &[u8], text: &[u8]| text.windows(spelt.len()).any(|window| window == spelt);
        // What is read as text is asked in the way that is fast.
        let texts = [bytes, &unpacked].map(|bytes| (bytes, std::str::from_utf8(bytes).ok()));
        let found = |spelt: &[u8]| {
            texts.iter().any(|(bytes, text)| match (text, std::str::from_utf8(spelt)) {
                (Some(text), Ok(spelt)) => text.contains(spelt),
                _ => is_in(spelt, bytes),
            })
        };
        let finds = self.spelt.iter().filter(|(_, _, spelt)| found(spelt));
        let mut finds: Vec<Find> = finds
            .map(|(place, encoding, _)| Find { place: place.clone(), artifact: artifact.to_owned(), encoding })
            .collect();
        finds.dedup();
        finds
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Every character that some encoding has another spelling for.
    const NASTY: &str = "sim_c4n4ry\"A&B<C>+/=%\\'?~tail";

    fn finds(secret: &str, artifact: &[u8]) -> Vec<&'static str> {
        let mut searcher = Searcher::default();
        searcher.add("here", secret);
        searcher.search("artifact", artifact).into_iter().map(|find| find.encoding).collect()
    }

    /// As somebody else would write it, who knows nothing of the searcher.
    fn planted() -> Vec<(&'static str, String)> {
        let hex: String = NASTY.bytes().map(|byte| format!("{byte:02x}")).collect();
        let form: String = form_urlencoded::byte_serialize(NASTY.as_bytes()).collect();
        let json = serde_json::json!({"key": NASTY}).to_string();
        let nested = serde_json::json!({"body": json}).to_string();
        let units: String = NASTY.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
        vec![
            ("plain", NASTY.to_owned()),
            ("HEXADECIMAL", hex.to_uppercase()),
            ("hexadecimal", hex),
            ("percent", form),
            ("percent, every byte", NASTY.bytes().map(|byte| format!("%{byte:02X}")).collect()),
            (
                "HTML",
                NASTY
                    .replace('&', "&amp;")
                    .replace('<', "&lt;")
                    .replace('>', "&gt;")
                    .replace('"', "&quot;")
                    .replace('\'', "&#39;"),
            ),
            ("HTML", NASTY.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
            ("JSON", json),
            ("JSON", nested),
            ("JSON", units),
            ("debug", format!("{:?}", Some(NASTY))),
        ]
    }

    #[test]
    fn a_secret_is_found_in_every_encoding_wherever_it_stands() {
        for (encoding, text) in planted() {
            for artifact in [text.clone(), format!("before {text} after"), format!("\u{fffd}{text}")] {
                assert!(finds(NASTY, artifact.as_bytes()).contains(&encoding), "{encoding}: {artifact}");
                let mut broken = vec![0xff, 0xfe];
                broken.extend_from_slice(artifact.as_bytes());
                assert!(finds(NASTY, &broken).contains(&encoding), "{encoding}: in bytes that are no text");
            }
        }
    }

    #[test]
    fn a_secret_is_found_in_base64_at_every_alignment_and_for_urls() {
        use base64::Engine;
        use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
        for before in ["", "a", "ab", "abc", "user:"] {
            for after in ["", "z", "zz", "\n"] {
                let text = format!("{before}{NASTY}{after}");
                for engine in [STANDARD, STANDARD_NO_PAD] {
                    assert!(finds(NASTY, engine.encode(&text).as_bytes()).contains(&"base64"), "{text}");
                }
                for engine in [URL_SAFE, URL_SAFE_NO_PAD] {
                    assert!(finds(NASTY, engine.encode(&text).as_bytes()).contains(&"base64 for URLs"), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_secret_is_found_in_what_is_packed() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(format!("{{\"key\": \"x\"}}\n{NASTY}\n").as_bytes()).expect("memory takes it");
        assert!(finds(NASTY, &packed.finish().expect("memory takes it")).contains(&"plain"));
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let other = NASTY.replace("c4n4ry", "c5n4ry");
        let all: String = planted().into_iter().map(|(_, text)| text).collect();
        assert!(finds(&other, all.as_bytes()).is_empty());
        assert!(finds(NASTY, b"").is_empty() && finds(NASTY, &NASTY.as_bytes()[1..]).is_empty());
    }
}
