# coturn as the tests run it: Debian's package, with our configuration.
FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends coturn libcap2-bin \
    && setcap cap_net_bind_service=ep /usr/bin/turnserver \
    && rm -rf /var/lib/apt/lists/*
COPY turnserver /usr/local/bin/court-link-turnserver
USER turnserver
CMD ["court-link-turnserver"]
