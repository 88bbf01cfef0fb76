# Two images with ocon as a static binary:
#   docker build --tag ocon .                          ocon and the certificates of the public authorities, nothing else
#   docker build --target debian --tag ocon:debian .   for jobs: with a shell, git, curl and jq, and without entry point
#   docker run --rm --volume "$PWD:/work:ro" --env OCON_USER_SECRET --env OCON_ORGANIZATION_SECRET ocon plan
# A release replaces the stage `program` by a folder with the binary of its archive, and compiles nothing:
#   docker build --build-context program=FOLDER .
FROM rust:1.95.0-alpine3.23@sha256:606fd313a0f49743ee2a7bd49a0914bab7deedb12791f3a846a34a4711db7ed2 AS rust
FROM rust AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY docs/diagnostics.md docs/diagnostics.md
COPY examples/ci examples/ci
COPY src src
RUN cargo build --locked --release

FROM scratch AS program
COPY --from=build /source/target/release/ocon /ocon

# The user is root, because the systems that run jobs mount a working folder of root.
FROM debian:13-slim@sha256:020c0d20b9880058cbe785a9db107156c3c75c2ac944a6aa7ab59f2add76a7bd AS debian
# The digest above chooses the distribution. Its security updates come with each build.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates curl git jq \
  && rm -rf /var/lib/apt/lists/*
COPY --from=program /ocon /usr/local/bin/ocon
WORKDIR /work

FROM scratch AS static
COPY --from=rust /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=program /ocon /ocon
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/ocon"]
