# Contains ocon as a static binary and the certificates of the public authorities, and nothing else.
#   docker build --tag ocon .
#   docker run --rm --volume "$PWD:/work:ro" --env OCON_USER_SECRET --env OCON_ORGANIZATION_SECRET ocon plan
FROM rust:1.95.0-alpine3.23@sha256:606fd313a0f49743ee2a7bd49a0914bab7deedb12791f3a846a34a4711db7ed2 AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY docs/diagnostics.md docs/diagnostics.md
COPY examples/ci examples/ci
COPY src src
RUN cargo build --locked --release

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /source/target/release/ocon /ocon
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/ocon"]
