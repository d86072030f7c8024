# syntax=docker/dockerfile:1
# Vigie without the embedded ClickHouse: the server of docker-compose.yml takes its place.

FROM rust:1.95-bookworm AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 python3-pip npm \
 && rm -rf /var/lib/apt/lists/*
# The program remembers where libtorch lies; the last stage has it at the same place.
ENV VIGIE_CACHE=/opt/vigie
WORKDIR /source
COPY . .
RUN python3 scripts/setup.py build \
 && cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libgomp1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home --home-dir /var/lib/vigie vigie
COPY --from=build /opt/vigie/libtorch-2.4.0/lib /opt/vigie/libtorch-2.4.0/lib
COPY --from=build /source/target/release/vigie /usr/local/bin/vigie
COPY --from=build /source/models/tagger /usr/local/share/vigie/models/tagger
COPY docker/vigie.toml /etc/vigie/vigie.toml
USER vigie
ENV VIGIE_CONFIG=/etc/vigie/vigie.toml VIGIE_DATA_DIR=/var/lib/vigie
VOLUME /var/lib/vigie
EXPOSE 8080
ENTRYPOINT ["vigie"]
CMD ["serve"]
