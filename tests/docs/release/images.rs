//! The steps of `image.yml`: two images from the archives of a release.
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes all snapshots in one form")]

use std::process::Command;

use snapbox::assert_data_eq;
use snapbox::str;

use super::TARGETS;
use super::job::Job;

const GET: &str = "Get the released binary";

/// A release with an archive that contains `ocon`.
fn with_a_released_archive() -> Job {
    let mut job = Job::new();
    job.set("TARGET", TARGETS[0]);
    job.set("ATTESTED", "yes");
    let script = format!(
        "mkdir released && cd released && echo program > ocon && tar -czf ocon-1.2.3-{0}.tar.gz ocon && \
        rm ocon && sha256sum ocon-1.2.3-{0}.tar.gz > ocon-1.2.3-{0}.tar.gz.sha256",
        TARGETS[0]
    );
    let status =
        Command::new("sh").args(["-c", &script]).current_dir(job.repository.path()).status();
    assert!(status.unwrap().success());
    job
}

#[test]
fn an_image_has_the_released_binary() {
    let job = with_a_released_archive();
    let ended = job.run("image", "build", GET);
    assert_eq!(ended.exit, 0, "{}", ended.log);
    assert_data_eq!(
        ended.record,
        str![[r#"
gh release download v1.2.3 --pattern ocon-1.2.3-x86_64-unknown-linux-musl.tar.gz --pattern ocon-1.2.3-x86_64-unknown-linux-musl.tar.gz.sha256
gh attestation verify ocon-1.2.3-x86_64-unknown-linux-musl.tar.gz --repo Example/Ocon --signer-workflow Example/Ocon/.github/workflows/release.yml

"#]]
    );
    assert_eq!(job.repository.read("program/ocon"), "program\n");
}

#[test]
fn images_are_built_only_on_the_default_branch_or_the_tag() {
    let mut job = Job::new();
    job.set("DEFAULT_BRANCH", "main");
    for reference in ["refs/heads/main", "refs/tags/v1.2.3"] {
        job.set("GITHUB_REF", reference);
        assert_eq!(job.run("image", "build", "Check the reference").exit, 0, "{reference}");
    }
    for reference in
        ["refs/heads/other", "refs/heads/v1.2.3", "refs/tags/v1.2.30", "refs/tags/main"]
    {
        job.set("GITHUB_REF", reference);
        let ended = job.run("image", "build", "Check the reference");
        assert_eq!(ended.exit, 1, "{reference}");
        assert_data_eq!(
            ended.log,
            str![[r#"
::error::The images of 1.2.3 are built from main or from the tag v1.2.3. Start the workflow there.

"#]]
        );
    }
}

#[test]
fn an_archive_that_is_not_the_released_one_is_not_in_an_image() {
    let mut job = with_a_released_archive();
    job.set("ATTESTED", "no");
    assert_eq!(job.run("image", "build", GET).exit, 1);
    job.set("ATTESTED", "yes");
    let name = format!("released/ocon-1.2.3-{}.tar.gz.sha256", TARGETS[0]);
    let other =
        job.repository.read(&name).replace(|character: char| character.is_ascii_digit(), "f");
    job.write(&name, &other);
    assert_eq!(job.run("image", "build", GET).exit, 1);
    assert!(!job.repository.path().join("program").exists());
}

#[test]
fn both_images_are_pushed_by_digest_and_get_one_tag_for_all_processors() {
    let mut job = Job::new();
    job.set("PROCESSOR", "arm64");
    let ended = job.run("image", "build", "Build and push");
    assert_eq!(ended.exit, 0, "{}", ended.log);
    assert_data_eq!(
        ended.record.replace(" --", "\n  --"),
        str![[r#"
docker login ghcr.io
  --username releaser
  --password-stdin
docker buildx create
  --use
  --driver docker-container
  --driver-opt image=moby/buildkit:v0.30.0@sha256:0168606be2315b7c807a03b3d8aa79beefdb31c98740cebdffdfeebf31190c9f
docker buildx build .
  --target static
  --build-context program=program
  --provenance=false
  --label org.opencontainers.image.source=https://github.com/Example/Ocon
  --label org.opencontainers.image.version=1.2.3
  --label org.opencontainers.image.licenses=MIT OR Apache-2.0
  --output type=image,name=ghcr.io/example/ocon,push-by-digest=true,push=true
  --metadata-file metadata.json
docker buildx build .
  --target debian
  --build-context program=program
  --provenance=false
  --label org.opencontainers.image.source=https://github.com/Example/Ocon
  --label org.opencontainers.image.version=1.2.3
  --label org.opencontainers.image.licenses=MIT OR Apache-2.0
  --output type=image,name=ghcr.io/example/ocon,push-by-digest=true,push=true
  --metadata-file metadata.json

"#]]
    );
    assert_eq!(job.repository.read("password"), "t0ken\n");
    assert_eq!(job.repository.read("digests/static-arm64"), "sha256:1\n");
    assert_eq!(job.repository.read("digests/debian-arm64"), "sha256:2\n");

    job.write("digests/static-amd64", "sha256:3\n");
    job.write("digests/debian-amd64", "sha256:4\n");
    let ended = job.run("image", "tag", "Create one tag for all processors");
    assert_eq!(ended.exit, 0, "{}", ended.log);
    assert_data_eq!(
        ended.record,
        str![[r#"
docker login ghcr.io --username releaser --password-stdin
docker buildx imagetools create --tag ghcr.io/example/ocon:1.2.3 ghcr.io/example/ocon@sha256:3 ghcr.io/example/ocon@sha256:1
docker buildx imagetools inspect ghcr.io/example/ocon:1.2.3 --format {{json .Manifest}}
docker buildx imagetools create --tag ghcr.io/example/ocon:1.2.3-debian ghcr.io/example/ocon@sha256:4 ghcr.io/example/ocon@sha256:2
docker buildx imagetools inspect ghcr.io/example/ocon:1.2.3-debian --format {{json .Manifest}}

"#]]
    );
    assert_eq!(
        ended.outputs,
        "static=sha256:index-of-1.2.3\ndebian=sha256:index-of-1.2.3-debian\nname=ghcr.io/example/ocon\n"
    );
}
