# One image: `serve` (the default), `media` (a supervisor with its workers) and `migrate`. The distribution is the one that the tests run on.
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv
RUN python3 -m venv /opt/court-link
WORKDIR /src
COPY requirements.lock ./
RUN /opt/court-link/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY LICENSE README.md pyproject.toml ./
COPY court_link court_link
COPY migrations migrations
COPY web web
RUN /opt/court-link/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --home-dir /var/lib/court-link --create-home --shell /usr/sbin/nologin court-link
COPY --from=build /opt/court-link /opt/court-link
# Nothing is written outside /var/lib/court-link and /tmp, so the root may be read-only.
ENV PATH=/opt/court-link/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    COURT_LINK_HOST=0.0.0.0 \
    COURT_LINK_DATA_DIR=/var/lib/court-link \
    HEALTH_URL=http://127.0.0.1:8000/healthz
USER court-link
WORKDIR /var/lib/court-link
VOLUME /var/lib/court-link
EXPOSE 8000/tcp 8011/udp
HEALTHCHECK --interval=10s --timeout=4s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['HEALTH_URL'], timeout=3)"]
ENTRYPOINT ["court-link"]
CMD ["serve"]
