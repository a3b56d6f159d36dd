//! Which codes can be part of an address and the name of a file on every system.

/// Whether a code neither begins nor ends with a dot, nor has an ending like that of a file, nor is the name of a device.
pub fn is_safe(code: &str) -> bool {
    let ending = code.rsplit_once('.').map(|(_, ending)| ending);
    let like_a_file = ending.is_some_and(|ending| ending.starts_with(|c: char| c.is_ascii_alphabetic()));
    !(like_a_file || code.starts_with('.') || code.ends_with('.') || is_device(code))
}

/// Whether Windows takes a name for that of a device, whatever its ending.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |device: &str| {
        let number = stem.strip_prefix(device).filter(|number| number.len() == 1);
        number.is_some_and(|number| number.bytes().all(|digit| digit.is_ascii_digit()))
    };
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}
