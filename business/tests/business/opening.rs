//! Opening: the first run, the second, and every file that cannot be used.

use std::fs;

use callwright_business::{Business, BusinessOptions, OpenError, Scope, StorageOpenError};

use crate::harness::{clock, open};

async fn refused(path: &std::path::Path) -> (StorageOpenError, String) {
    let error = Business::open(BusinessOptions::new(path, clock())).await.unwrap_err();
    let text = error.to_string();
    match error {
        OpenError::Storage(error) => (error, text),
        other => panic!("unexpected {other:?}"),
    }
}

#[tokio::test]
async fn the_first_run_makes_a_tenant_and_a_key_and_the_second_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deeper/still/callwright.db");
    let first = open(&path).await;
    let key = first.new_admin_key.expect("the first run makes a key").reveal().to_owned();
    assert_eq!(first.business.authenticate(&key).unwrap().scope, Scope::Platform);
    assert_eq!(first.business.tenants(&Scope::Platform)[0].name, "Bright Smile Dental");
    first.business.drain().await;
    drop(first.business);

    let bytes: Vec<u8> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .flat_map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    let found = bytes.windows(key.len()).any(|window| window == key.as_bytes());
    assert!(!found, "the key itself is on no disk");

    let second = open(&path).await;
    assert!(second.new_admin_key.is_none());
    assert!(second.business.authenticate(&key).is_some());
    assert!(second.business.authenticate("cw_0000").is_none());
    second.business.drain().await;
}

#[tokio::test]
async fn a_given_admin_key_is_taken_and_none_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.db");
    let options =
        BusinessOptions::new(&path, clock()).admin_key(Some("my own long key".to_owned()));
    let opened = Business::open(options.clone()).await.unwrap();
    assert!(opened.new_admin_key.is_none());
    assert!(opened.business.authenticate("my own long key").is_some());
    opened.business.drain().await;
    drop(opened);
    let again = Business::open(options).await.unwrap();
    assert!(again.business.authenticate("my own long key").is_some());
    let blank = BusinessOptions::new(&path, clock()).admin_key(Some("  ".to_owned()));
    assert!(blank.admin_key.is_none(), "an empty variable is no key");
}

#[tokio::test]
async fn a_file_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.db");
    let first = open(&path).await;
    let (error, text) = refused(&path).await;
    assert!(matches!(error, StorageOpenError::InUse { .. }), "{error:?}");
    assert!(text.contains("in use by another server"), "{text}");
    first.business.drain().await;
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.db");
    let letter = "Dear diary, this is no database. ".repeat(100);
    fs::write(&path, &letter).unwrap();
    let (error, text) = refused(&path).await;
    assert!(matches!(error, StorageOpenError::Damaged { .. }), "{error:?}");
    assert!(text.contains("is no database or is damaged"), "{text}");
    assert_eq!(fs::read_to_string(&path).unwrap(), letter);
}

#[tokio::test]
async fn a_folder_where_the_file_should_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.db");
    fs::create_dir(&path).unwrap();
    let (error, text) = refused(&path).await;
    assert!(matches!(error, StorageOpenError::NotOpened { .. }), "{error:?}");
    assert!(text.contains("cannot be opened"), "{text}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let (error, text) = refused(&folder.path().join("file/home/callwright.db")).await;
    assert!(matches!(error, StorageOpenError::Folder { .. }), "{error:?}");
    assert!(text.contains("CALLWRIGHT_HOME"), "{text}");
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("callwright.db");
    let first = open(&path).await;
    first.business.drain().await;
    drop(first);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, x'00', 0)")
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let (error, text) = refused(&path).await;
    assert!(matches!(error, StorageOpenError::TooNew { schema: 9999, .. }), "{error:?}");
    assert!(text.contains("newer version"), "{text}");
}
