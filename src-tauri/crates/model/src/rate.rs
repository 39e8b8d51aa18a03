//! Speeds as people write them: `20MB/s`, `500 kB/s`, `8Mbit/s`, `off`.

/// Bytes per second, or `None` for no limit.
///
/// Decimal units, as on the screen; `KiB`/`MiB` are taken too. A number alone is bytes per second.
///
/// # Errors
/// One sentence on what was not understood.
pub fn parse(text: &str) -> Result<Option<u64>, String> {
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("off") || trimmed.eq_ignore_ascii_case("none") {
        return Ok(None);
    }
    let refused =
        || format!("'{text}' is not a speed: write for example 20MB/s, 500kB/s, 8Mbit/s or off");
    let split = trimmed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(trimmed.len());
    let number: f64 = trimmed[..split].parse().map_err(|_| refused())?;
    let unit = trimmed[split..].trim();
    let unit = unit
        .strip_suffix("/s")
        .or_else(|| unit.strip_suffix("ps"))
        .unwrap_or(unit);
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "kbit" => 125.0,
        "mbit" => 125_000.0,
        "gbit" => 125_000_000.0,
        _ => return Err(refused()),
    };
    let rate = number * factor;
    if !rate.is_finite() || !(1000.0..1e15).contains(&rate) {
        return Err(format!(
            "'{text}' is out of bounds: a limit is at least 1kB/s; write off for none"
        ));
    }
    Ok(Some(rate as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_are_read_as_people_write_them() {
        for (text, rate) in [
            ("20MB/s", 20_000_000),
            ("500 kB/s", 500_000),
            ("8Mbit/s", 1_000_000),
            ("1.5mb", 1_500_000),
            ("4096", 4096),
            ("1MiB/s", 1_048_576),
        ] {
            assert_eq!(parse(text), Ok(Some(rate)), "{text}");
        }
        assert_eq!(parse("off"), Ok(None));
    }

    #[test]
    fn what_is_not_a_speed_is_refused_with_an_example() {
        for text in ["", "fast", "0", "10", "-5MB/s", "1e400", "20 parsecs/s"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
