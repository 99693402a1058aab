//! Changes to a YAML document: a mapping of what is to be otherwise.

use serde_yaml_ng::{Error, Value};

/// The document with `changes` made to it: a mapping goes into the mapping it meets, everything else takes the place of
/// what was there.
///
/// # Errors
/// One of the two is no YAML.
pub(crate) fn changed(document: &str, changes: &str) -> Result<String, Error> {
    let mut document = serde_yaml_ng::from_str(document)?;
    put(&mut document, serde_yaml_ng::from_str(changes)?);
    serde_yaml_ng::to_string(&document)
}

fn put(place: &mut Value, change: Value) {
    match (place, change) {
        // An empty document of changes changes nothing.
        (_, Value::Null) => {}
        (Value::Mapping(place), Value::Mapping(changes)) => {
            for (key, change) in changes {
                match place.get_mut(&key) {
                    Some(inner) if change.is_mapping() => put(inner, change),
                    _ => drop(place.insert(key, change)),
                }
            }
        }
        (place, change) => *place = change,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_goes_into_a_mapping_and_the_rest_is_replaced() {
        let document = "a: 1\nb: { c: [1, 2], d: 4 }\n";
        let is = |changes: &str| -> Value {
            serde_yaml_ng::from_str(&changed(document, changes).unwrap()).unwrap()
        };
        let of = |yaml: &str| -> Value { serde_yaml_ng::from_str(yaml).unwrap() };
        assert_eq!(is(""), of(document));
        assert_eq!(is("b: { c: [3] }"), of("a: 1\nb: { c: [3], d: 4 }"));
        assert_eq!(is("a: ~\ne: 5"), of("a: ~\nb: { c: [1, 2], d: 4 }\ne: 5"));
        assert!(changed(document, "{").is_err());
    }
}
