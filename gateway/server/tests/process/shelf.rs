//! The model shelf from the command line: an operator's first pull, from a server of the test's own, and a transcript.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use super::program::models;

/// Serves one file over HTTP, with ranges, and remembers what was asked for.
struct Mirror {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Mirror {
    /// `cut` ends the first answer after so many octets.
    fn serve(content: Vec<u8>, cut: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        std::thread::Builder::new()
            .spawn(move || {
                let mut cut = cut;
                for stream in listener.incoming() {
                    answer(stream.unwrap(), &content, cut.take(), &told);
                }
            })
            .unwrap();
        Self { url, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(stream: TcpStream, content: &[u8], cut: Option<usize>, told: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap_or_default();
    let mut from = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(range) = line.to_ascii_lowercase().strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse::<usize>().ok();
        }
    }
    told.lock().unwrap().push(format!("{first} from {}", from.unwrap_or(0)));
    let mut stream = stream;
    let whole = content.len();
    let head = match from {
        Some(from) => format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{whole}\r\nContent-Length: {}\r\n",
            whole - 1,
            whole - from
        ),
        None => format!("HTTP/1.1 200 OK\r\nContent-Length: {whole}\r\n"),
    };
    write!(stream, "{head}Connection: close\r\n\r\n").unwrap();
    let rest = &content[from.unwrap_or(0)..];
    // A client that was cut off or has seen enough is gone.
    let _gone = stream.write_all(&rest[..cut.unwrap_or(rest.len())]);
}

/// Runs the program with a models folder.
fn callwright(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_callwright"))
        .args(arguments)
        .env("CALLWRIGHT_MODELS", folder)
        .env_remove("CALLWRIGHT_MODELS_MIRRORS")
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A model of the true layout that hears these words.
fn tiny(folder: &Path) -> Vec<u8> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/whisper/tiny.py");
    let path = folder.join("made.bin");
    let made = Command::new("python3").arg(script).arg(&path).status().unwrap();
    assert!(made.success());
    let mut content = Vec::new();
    std::fs::File::open(&path).unwrap().read_to_end(&mut content).unwrap();
    content
}

/// An operator's catalog, in which `whisper-tiny.en` is this file.
fn catalog(folder: &Path, content: &[u8]) -> PathBuf {
    let sha256 = Sha256::digest(content)
        .iter()
        .fold(String::new(), |digits, octet| format!("{digits}{octet:02x}"));
    let path = folder.join("catalog.json");
    let text = serde_json::json!({ "downloads": [{
        "name": "whisper-tiny.en", "task": "transcription", "title": "Tiny", "licence": "MIT",
        "languages": "en", "home": "http://127.0.0.1:1/unreachable",
        "files": [{ "fetch": "ggml-tiny.en.bin", "path": "whisper/ggml-tiny.en.bin",
                    "size_about": content.len(), "sha256": sha256 }],
    }] });
    std::fs::write(&path, text.to_string()).unwrap();
    path
}

/// A models folder like the installed one, that may be written to.
fn models_folder(folder: &Path) -> PathBuf {
    let own = folder.join("models");
    std::fs::create_dir(&own).unwrap();
    for part in std::fs::read_dir(models()).unwrap().map(Result::unwrap) {
        if part.file_type().unwrap().is_dir() && part.file_name() != "whisper" {
            std::os::unix::fs::symlink(part.path(), own.join(part.file_name())).unwrap();
        }
    }
    own
}

#[cfg(feature = "whisper")]
#[test]
fn a_whisper_is_pulled_cut_pulled_on_verified_used_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let content = tiny(folder.path());
    let own = models_folder(folder.path());
    let catalog = catalog(folder.path(), &content);
    let catalog = catalog.to_str().unwrap();
    let mirror = Mirror::serve(content.clone(), Some(100_000));
    let pull = ["models", "pull", "whisper-tiny.en", "--catalog", catalog, "--mirror", &mirror.url];

    let cut = callwright(&own, &pull);
    assert_eq!(cut.status.code(), Some(2), "{cut:?}");
    let said = String::from_utf8(cut.stderr).unwrap();
    assert!(said.contains("was cut after 100000 of"), "{said}");
    assert!(!own.join("whisper").exists(), "nothing is installed by halves");

    assert!(out(&callwright(&own, &pull)).contains("is installed"));
    assert_eq!(std::fs::read(own.join("whisper/ggml-tiny.en.bin")).unwrap(), content);
    assert_eq!(
        mirror.asked(),
        ["GET /ggml-tiny.en.bin HTTP/1.1 from 0", "GET /ggml-tiny.en.bin HTTP/1.1 from 100000"]
    );
    let list = out(&callwright(&own, &["models", "list", "--catalog", catalog, "--json"]));
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let one = list["models"].as_array().unwrap().iter().find(|m| m["name"] == "whisper-tiny.en");
    assert_eq!(one.unwrap()["installed"], true);
    assert!(out(&callwright(&own, &["models", "verify"])).contains("✓ whisper-tiny.en"));

    let sound = own.join("samples/beckett.wav");
    let sound = sound.to_str().unwrap();
    let arguments = ["transcribe", sound, "--json"];
    let written: serde_json::Value =
        serde_json::from_str(&out(&callwright(&own, &arguments))).unwrap();
    assert_eq!(written["model"], "whisper-tiny.en", "the one that is there is used unasked");
    assert_eq!(written["language"], "en");
    let text = written["lines"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("the tiny model hears these words"), "{text}");

    std::fs::write(own.join("whisper/ggml-tiny.en.bin"), "damaged").unwrap();
    let damaged = callwright(&own, &["models", "verify"]);
    assert_eq!(damaged.status.code(), Some(1));
    assert!(
        out(&callwright(&own, &["models", "remove", "whisper-tiny.en"])).contains("is removed")
    );
    assert!(!own.join("whisper").exists());
}

/// Steady noise, of which a decoder that is asked makes words.
fn noise(folder: &Path) -> PathBuf {
    let path = folder.join("noise.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(&path, spec).unwrap();
    let mut state = 1_u32;
    for _ in 0..80_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        writer.write_sample((state >> 20) as i16 - 2_048).unwrap();
    }
    writer.finalize().unwrap();
    path
}

#[cfg(feature = "whisper")]
#[test]
fn no_words_are_written_where_nobody_speaks() {
    let folder = tempfile::tempdir().unwrap();
    let own = models_folder(folder.path());
    let model = folder.path().join("any.bin");
    std::fs::write(&model, tiny(folder.path())).unwrap();
    let (model, noise) = (model.to_str().unwrap(), noise(folder.path()));
    let arguments = ["transcribe", "--model", model, "--json", noise.to_str().unwrap()];
    let written: serde_json::Value =
        serde_json::from_str(&out(&callwright(&own, &arguments))).unwrap();
    // This model hears its words in any sound whatever.
    assert_eq!((&written["model"], written["lines"].as_array().unwrap().len()), (&"any".into(), 0));
    assert_eq!(written["language"], serde_json::Value::Null);
}

#[test]
fn every_task_that_has_a_model_can_be_tried() {
    let folder = tempfile::tempdir().unwrap();
    let own = models_folder(folder.path());
    let sound = own.join("samples/beckett.wav");
    let sound = sound.to_str().unwrap();
    let heard = |task: &str, band: &str| -> serde_json::Value {
        let output = callwright(&own, &["models", "try", task, "--band", band, "--json", sound]);
        serde_json::from_str::<serde_json::Value>(&out(&output)).unwrap()["heard"].clone()
    };
    for band in ["file", "telephone"] {
        let speech = heard("vad", band)["speech_seconds"].as_f64().unwrap();
        assert!((4.0..9.0).contains(&speech), "{band}: {speech}");
        assert!(heard("turn", band)["over"].as_f64().unwrap() > 0.5, "{band}");
        let text = heard("asr", band)["text"].as_str().unwrap().to_lowercase();
        assert!(text.contains("fail better"), "{band}: {text}");
        assert!(heard("emotion", band)["voice_ms"].as_u64().unwrap() > 500, "{band}");
    }
    let missing = callwright(&own, &["models", "try", "speaker", sound]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("models pull resemblyzer"));
}

/// Installs weights of the voice encoder in which each colour of sound is a voice, and names a recording and a copy of it.
fn speakers(folder: &Path, own: &Path) -> Vec<PathBuf> {
    let weights = own.join("resemblyzer");
    std::fs::create_dir(&weights).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/speaker/tiny.py");
    assert!(Command::new("python3").arg(script).arg(&weights).status().unwrap().success());
    let again = folder.join("again.wav");
    std::fs::copy(own.join("samples/beckett.wav"), &again).unwrap();
    vec![own.join("samples/beckett.wav"), again]
}

#[test]
fn who_speaks_is_tried_written_down_and_measured() {
    let folder = tempfile::tempdir().unwrap();
    let own = models_folder(folder.path());
    let files = speakers(folder.path(), &own);
    let files: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    let lines = |more: &[&str]| -> Vec<serde_json::Value> {
        let arguments = [&["models", "try", "speaker", "--json"], more, &files].concat();
        let text = out(&callwright(&own, &arguments));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let heard = lines(&["--speakers", "one"]);
    let (first, second) = (&heard[0]["heard"], &heard[1]["heard"]);
    assert_eq!(
        (&first["main_speaker"], first["speakers"].as_array().unwrap().len()),
        (&1.into(), 1)
    );
    assert!(first["speakers"][0]["embedding"].is_null(), "nothing that tells who it is unasked");
    let turn = &first["turns"][0];
    assert!(turn["from"].as_f64().unwrap() < turn["upto"].as_f64().unwrap(), "{turn}");
    assert!(first["similar"].as_array().unwrap().is_empty());
    let similar = &second["similar"][0];
    assert!(similar["cosine"].as_f64().unwrap() > 0.999, "the same sound: {similar}");
    assert!(similar["file"].as_str().unwrap().ends_with("beckett.wav"), "{similar}");
    let full = lines(&["--full", "--band", "telephone"]);
    let embedding = full[0]["heard"]["speakers"][0]["embedding"].as_array().unwrap();
    assert_eq!(embedding.len(), 256);

    let two = ["transcribe", "--json", "--model", "moonshine-tiny-en", "--speakers", "2", files[0]];
    let written: serde_json::Value = serde_json::from_str(&out(&callwright(&own, &two))).unwrap();
    let speaker = |line: &serde_json::Value| line["speaker"].as_u64().unwrap();
    let lines = written["lines"].as_array().unwrap();
    let most = written["speakers"].as_u64().unwrap();
    assert!(lines.iter().all(|line| (1..=most).contains(&speaker(line))) && most <= 2, "{written}");

    // One folder for each person, and a recording with its turns.
    let data = folder.path().join("data");
    for (person, files) in [("a", [files[0], files[1]]), ("b", [files[0], files[1]])] {
        std::fs::create_dir_all(data.join(person)).unwrap();
        for (number, file) in files.iter().enumerate() {
            std::fs::copy(file, data.join(person).join(format!("{number}.wav"))).unwrap();
        }
    }
    std::fs::copy(files[0], data.join("talk.wav")).unwrap();
    std::fs::write(data.join("talk.rttm"), "SPEAKER talk 1 0.5 9.0 <NA> <NA> b <NA> <NA>\n")
        .unwrap();
    let data = data.to_str().unwrap();
    let bench =
        ["bench", "speaker", "--json", "--speakers", "one", "--voices", data, "--turns", data];
    let measured: serde_json::Value =
        serde_json::from_str(&out(&callwright(&own, &bench))).unwrap();
    assert_eq!(measured["voices"]["pairs_same"], 2);
    assert_eq!(measured["voices"]["pairs_different"], 4);
    // Two people with one voice.
    assert_eq!(measured["voices"]["even"]["two_taken_for_one_percent"], 100.0);
    let errors = &measured["turns"]["halves"][2]["errors"];
    assert_eq!((&errors["spoken_seconds"], &errors["wrong_seconds"]), (&9.0.into(), &0.0.into()));
}

#[test]
fn what_a_mirror_sends_is_held_to_the_published_hash() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("models");
    let mirror = Mirror::serve(b"not the weights".to_vec(), None);
    let wrong = callwright(&own, &["models", "pull", "whisper-tiny.en", "--mirror", &mirror.url]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    let said = String::from_utf8(wrong.stderr).unwrap();
    // The publisher's own.
    assert!(said.contains("c78c86eb1a8faa21b369bcd33207cc90d64ae9df"), "{said}");
    assert!(!own.join("whisper").exists());
    let unknown = callwright(&own, &["models", "pull", "whisper-huge"]);
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("models list"));
}

#[test]
fn a_recording_is_written_down_with_nothing_but_the_default_models() {
    let folder = tempfile::tempdir().unwrap();
    let own = models_folder(folder.path());
    let sound = own.join("samples/beckett.wav");
    let sound = sound.to_str().unwrap();
    let run = callwright(&own, &["transcribe", sound]);
    let text = out(&run).to_lowercase();
    // "Ever tried. Ever failed. No matter. Try again. Fail again. Fail better."
    assert!(text.contains("fail better"), "{text}");
    let note = String::from_utf8(run.stderr).unwrap();
    assert!(note.contains("no Whisper model is installed"), "{note}");

    let output = folder.path().join("captions");
    let to = output.to_str().unwrap();
    let arguments = ["transcribe", "--format", "srt", "--output", to, sound];
    assert_eq!(out(&callwright(&own, &arguments)), "");
    let captions = std::fs::read_to_string(output.join("beckett.srt")).unwrap();
    assert!(captions.starts_with("1\n00:00:0"), "{captions}");

    let german = callwright(&own, &["transcribe", "--language", "de", sound]);
    assert_eq!(german.status.code(), Some(2));
    assert!(String::from_utf8(german.stderr).unwrap().contains("does not know the language"));
    // One file that cannot be read does not keep the others from being written.
    let mixed = callwright(&own, &["transcribe", "none.wav", sound]);
    assert_eq!(mixed.status.code(), Some(1));
    assert!(String::from_utf8(mixed.stdout).unwrap().to_lowercase().contains("fail better"));
}
