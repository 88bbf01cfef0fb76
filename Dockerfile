# The program, as a static binary, and the certificates of the public authorities; nothing else.
#   docker build --tag ocon .
#   docker run --rm --volume "$PWD:/work:ro" --env OCON_USER_SECRET --env OCON_ORGANIZATION_SECRET ocon plan
FROM rust:1.95-alpine3.22 AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY docs/diagnostics.md docs/diagnostics.md
COPY src src
RUN cargo build --locked --release

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /source/target/release/ocon /ocon
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/ocon"]
