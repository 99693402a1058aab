//! The page: whole, from here alone, and told to the browser with what it may not do.

use super::*;

/// Every path that the page's own files name.
fn named_in(text: &str) -> Vec<String> {
    text.split(['"', '\''])
        .filter_map(|word| match word.strip_prefix("./") {
            Some(module) if module.ends_with(".js") => Some(format!("/page/{module}")),
            _ => word.starts_with("/page/").then(|| word.to_owned()),
        })
        .collect()
}

#[tokio::test]
async fn every_file_that_the_page_names_is_served() {
    let world = World::new().await;
    let mut wanted = vec!["/".to_owned()];
    let mut seen = Vec::new();
    while let Some(path) = wanted.pop() {
        if seen.contains(&path) {
            continue;
        }
        let answer = world.ask(&path, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.header(header::CONTENT_SECURITY_POLICY).contains("default-src 'none'"));
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        wanted.extend(named_in(&answer.text));
        seen.push(path);
    }
    assert_eq!(seen.len(), 9, "{seen:?}");
}

#[tokio::test]
async fn the_page_needs_nobody_else() {
    let world = World::new().await;
    let files =
        ["page.css", "page.js", "connection.js", "story.js", "talk.js", "words.js", "elements.js"];
    for path in files.map(|file| format!("/page/{file}")).iter().chain(&["/".to_owned()]) {
        let text = world.ask(path, None).await.text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("http://") && !text.contains("https://"), "{path}");
        // What the policy forbids would be dead letters.
        assert!(!text.contains("style=\"") && !text.contains("innerHTML"), "{path}");
    }
}

#[tokio::test]
async fn a_browser_that_has_the_page_is_not_sent_it_again() {
    let world = World::new().await;
    let tag = world.ask("/page/page.js", None).await.header(header::ETAG).to_owned();
    let request = Request::get("/page/page.js").header(header::IF_NONE_MATCH, &tag);
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let request = Request::get("/page/page.js").header(header::IF_NONE_MATCH, "\"other\"");
    assert_eq!(world.send(request.body(Body::empty()).unwrap()).await.status, StatusCode::OK);
}
