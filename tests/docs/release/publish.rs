//! The steps of `release.yml`: the check of the tag, the release, and the formula in the tap.
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]

use snapbox::assert_data_eq;
use snapbox::str;

use super::TARGETS;
use super::job::Job;

#[test]
fn the_first_job_checks_the_tag_and_passes_the_version_on() {
    let mut job = Job::new();
    let ended = job.run("release", "version", "Check the tag");
    assert_eq!((ended.exit, ended.outputs.as_str()), (0, "version=1.2.3\n"), "{}", ended.log);
    job.set("TAG", "v2.0.0");
    let ended = job.run("release", "version", "Check the tag");
    assert_eq!(ended.exit, 1, "{}", ended.log);
}

const PUBLISH: &str = "Create a draft with all files, and publish it";

#[test]
fn a_release_is_a_draft_until_it_has_all_files() {
    let job = Job::new();
    job.add_archives("archives");
    let ended = job.run("release", "publish", PUBLISH);
    assert_eq!(ended.exit, 0, "{}", ended.log);
    assert_data_eq!(
        ended.record.replace(" archives/", "\n  archives/"),
        str![[r#"
gh release view v1.2.3 --json isDraft --jq .isDraft
gh release create v1.2.3 --draft --verify-tag --title v1.2.3 --notes-file notes.md
  archives/ocon-1.2.3-aarch64-apple-darwin.tar.gz
  archives/ocon-1.2.3-aarch64-apple-darwin.tar.gz.sha256
  archives/ocon-1.2.3-aarch64-unknown-linux-musl.tar.gz
  archives/ocon-1.2.3-aarch64-unknown-linux-musl.tar.gz.sha256
  archives/ocon-1.2.3-x86_64-apple-darwin.tar.gz
  archives/ocon-1.2.3-x86_64-apple-darwin.tar.gz.sha256
  archives/ocon-1.2.3-x86_64-pc-windows-msvc.zip
  archives/ocon-1.2.3-x86_64-pc-windows-msvc.zip.sha256
  archives/ocon-1.2.3-x86_64-unknown-linux-musl.tar.gz
  archives/ocon-1.2.3-x86_64-unknown-linux-musl.tar.gz.sha256
  archives/ocon.rb
gh release edit v1.2.3 --draft=false

"#]]
    );
    assert_eq!(job.repository.read("notes.md"), "- One.\n");
    assert!(job.repository.read("archives/ocon.rb").starts_with("class Ocon < Formula\n"));
}

#[test]
fn a_second_attempt_replaces_the_draft_but_no_published_release() {
    let mut job = Job::new();
    job.add_archives("archives");
    job.set("IS_DRAFT", "true");
    let ended = job.run("release", "publish", PUBLISH);
    assert_eq!(ended.exit, 0, "{}", ended.log);
    assert_eq!(ended.record.lines().nth(1), Some("gh release delete v1.2.3 --yes"));
    job.set("IS_DRAFT", "false");
    let ended = job.run("release", "publish", PUBLISH);
    assert!(!ended.record.contains("gh release delete"), "{}", ended.record);
}

#[test]
fn a_version_with_a_suffix_is_a_prerelease() {
    let mut job = Job::new();
    for target in TARGETS {
        let name = format!("ocon-1.2.3-rc.1-{target}.tar.gz");
        job.write(&format!("archives/{name}"), "");
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        job.write(&format!("archives/{name}.sha256"), &format!("{empty}  {name}\n"));
    }
    job.set("TAG", "v1.2.3-rc.1");
    let ended = job.run("release", "publish", PUBLISH);
    assert_eq!(ended.exit, 0, "{}", ended.log);
    assert!(
        ended.record.contains(" --notes-file notes.md --prerelease archives/"),
        "{}",
        ended.record
    );
}

#[test]
fn an_archive_with_another_digest_is_not_published() {
    let job = Job::new();
    job.add_archives("archives");
    job.write("archives/ocon-1.2.3-x86_64-apple-darwin.tar.gz", "other bytes");
    let ended = job.run("release", "publish", PUBLISH);
    assert_eq!((ended.exit, ended.record.as_str()), (1, ""), "{}", ended.log);
    assert!(ended.log.contains("ocon-1.2.3-x86_64-apple-darwin.tar.gz: FAILED"), "{}", ended.log);
}

#[test]
fn the_tap_gets_the_formula() {
    let mut job = Job::new();
    job.write("released/ocon.rb", "class Ocon\n");
    job.set("TAP", "example/homebrew-tap");
    let ended = job.run("release", "homebrew", "Get the formula");
    assert_eq!(ended.record, "gh release download v1.2.3 --pattern ocon.rb\n");
    let file = "repos/example/homebrew-tap/contents/Formula/ocon.rb";
    let content = "message=ocon 1.2.3 -f content=Y2xhc3MgT2Nvbgo=";
    let ended = job.run("release", "homebrew", "Commit it to the tap");
    assert_eq!(ended.exit, 0, "{}", ended.log);
    let put = format!("gh api --method PUT {file} -f {content} --silent\n");
    assert_eq!(ended.record, format!("gh api {file} --jq .sha\n{put}"));
    // A file that exists is replaced by the name of its content.
    job.set("BLOB", "0123abc");
    let ended = job.run("release", "homebrew", "Commit it to the tap");
    assert!(
        ended.record.ends_with(&format!(" -f {content} -f sha=0123abc --silent\n")),
        "{}",
        ended.record
    );
}
