/// The label and help for a name that is not among `known`: the nearest one if it is near, and all.
pub(crate) fn unknown(name: &str, known: &[&str]) -> (String, String) {
    let label = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "not known".to_owned(),
    };
    let help = match known {
        [] => "there are none".to_owned(),
        known => format!("known here: {}", known.join(", ")),
    };
    (label, help)
}

/// The most similar name, if it could be a slip of the keys.
fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let lower = name.to_lowercase();
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, candidate), *candidate))
        .filter(|(distance, candidate)| {
            let shorter = name.chars().count().min(candidate.len());
            *distance <= 1 + shorter / 4
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keys_is_recognised_and_another_word_is_not() {
        let known = ["files", "http", "workers"];
        assert_eq!(nearest("file", &known), Some("files"));
        assert_eq!(nearest("wrokers", &known), Some("workers"));
        assert_eq!(nearest("postgres", &known), None);
    }
}
