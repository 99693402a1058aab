//! The rooms' dependency edges, held to the table of ARCHITECTURE.md.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Who may use whom. `None`: everything.
fn allowed() -> BTreeMap<&'static str, Option<&'static [&'static str]>> {
    BTreeMap::from([
        ("callwright-media", Some(&[][..])),
        ("callwright-models", Some(&["callwright-media"][..])),
        ("callwright-contract", Some(&[][..])),
        (
            "callwright-calls",
            Some(&["callwright-contract", "callwright-media", "callwright-models"][..]),
        ),
        (
            "callwright-host",
            Some(
                &[
                    "callwright-calls",
                    "callwright-contract",
                    "callwright-media",
                    "callwright-models",
                ][..],
            ),
        ),
        ("callwright-business", Some(&["callwright-contract"][..])),
        ("callwright-lines", Some(&["callwright-calls", "callwright-media"][..])),
        ("callwright-api", Some(&["callwright-business", "callwright-contract"][..])),
        ("callwright", None),
        ("callwright-tests", None),
        ("callwright-world", None),
        ("callwright-benches", None),
        ("callwright-fuzz", None),
    ])
}

#[test]
fn no_room_uses_a_room_that_it_may_not() {
    let metadata = MetadataCommand::new().no_deps().other_options(["--offline".to_owned()]).exec();
    let packages = metadata.expect("cargo describes this workspace").packages;
    let ours: Vec<String> = packages.iter().map(|package| package.name.to_string()).collect();
    let allowed = allowed();
    for package in &packages {
        let rule = allowed.get(package.name.as_str());
        let rule = rule.unwrap_or_else(|| panic!("{} has no line in the table", package.name));
        let Some(may_use) = rule else { continue };
        for dependency in &package.dependencies {
            // What a crate's own tests use opens no way through the product.
            let ships = dependency.kind != DependencyKind::Development;
            if ships && ours.contains(&dependency.name) {
                assert!(
                    may_use.contains(&dependency.name.as_str()),
                    "{} must not use {}: see the table of rooms in ARCHITECTURE.md",
                    package.name,
                    dependency.name
                );
            }
        }
    }
}

#[test]
fn the_table_of_architecture_md_is_this_one() {
    let map = include_str!("../../ARCHITECTURE.md");
    for (name, may_use) in allowed() {
        if ["callwright-tests", "callwright-world", "callwright-benches", "callwright-fuzz"]
            .contains(&name)
        {
            continue;
        }
        let row = map.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("ARCHITECTURE.md has a row for {name}"));
        let cell = row.split('|').nth(2).expect("a second cell");
        let written: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        match may_use {
            Some(may_use) => assert_eq!(written, may_use, "{name}"),
            None => assert!(cell.contains("everything"), "{name}"),
        }
    }
}
