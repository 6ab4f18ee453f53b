//! Times as the service writes them, from milliseconds since 1970: a world has no clock but a number.

/// 2026-10-01T08:00:00Z, the moment every new world starts at.
pub const EPOCH_MS: u64 = 1_790_841_600_000;

const DAY_MS: u64 = 86_400_000;

/// `2023-09-29T12:09:34.825Z` \[observed\].
pub fn rfc3339(ms: u64) -> String {
    let (year, month, day) = civil(ms / DAY_MS);
    let (hour, minute, second) = time_of_day(ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
}

/// The form of the `date` header.
pub fn http_date(ms: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let days = ms / DAY_MS;
    let (year, month, day) = civil(days);
    let (hour, minute, second) = time_of_day(ms);
    let weekday = DAYS[usize::try_from(days % 7).unwrap_or(0)];
    let month = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Reads an RFC 3339 time; `None` when it is not one.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let fits = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let separators = text.get(4..5)? == "-" && text.get(7..8)? == "-" && matches!(text.get(10..11)?, "T" | "t" | " ");
    if !fits || !separators || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let rest = text.get(19..)?;
    let digits = rest.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let fraction: String = rest.chars().skip(1).take(digits.min(3)).collect();
    let ms = format!("{fraction:0<3}").parse::<u64>().ok()?;
    let zone = rest.get(if digits == 0 { 0 } else { digits + 1 }..)?;
    let local = days_from_civil(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    local.checked_add_signed(-zone_ms(zone)?)
}

fn zone_ms(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let hours: i64 = zone.get(1..3)?.parse().ok()?;
    let minutes: i64 = zone.get(4..6)?.parse().ok()?;
    (zone.len() == 6 && hours < 24 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

fn time_of_day(ms: u64) -> (u64, u64, u64) {
    let seconds = ms % DAY_MS / 1000;
    (seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Year, month and day of a number of days since 1970, in the proleptic Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let year_of_era = year % 400;
    let shifted_month = (month + 9) % 12;
    let of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    (year / 400 * 146_097 + of_era).saturating_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_service_writes_them() {
        assert_eq!(rfc3339(EPOCH_MS), "2026-10-01T08:00:00.000Z");
        assert_eq!(http_date(EPOCH_MS), "Thu, 01 Oct 2026 08:00:00 GMT");
        assert_eq!(http_date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn times_are_read_back() {
        for ms in [0, 951_782_400_000, EPOCH_MS, EPOCH_MS + 1234] {
            assert_eq!(parse_rfc3339(&rfc3339(ms)), Some(ms));
        }
        assert_eq!(parse_rfc3339("2026-10-01T10:00:00+02:00"), Some(EPOCH_MS));
        assert_eq!(parse_rfc3339("2026-10-01T08:00:00.5Z"), Some(EPOCH_MS + 500));
        for wrong in [
            "",
            "2026-10-01",
            "2026-13-01T08:00:00Z",
            "2026-10-01T08:00:00",
            "yesterday",
            "2026-10-01T24:00:00Z",
            "2026-10-32T08:00:00Z",
            "1960-10-01T08:00:00Z",
            "2026-10-01T08:00:00+25:00",
            "2026-10-01T08:00:00+02:61",
            "2026-10-01T08:00:00+02:000",
            "2026/10/01T08:00:00Z",
            "2026-10-01T08:00:00é",
        ] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
    }
}
