# The steps are those of `make`, so that an image holds what a clone runs.
FROM python:3.13-slim-bookworm AS build
# Debian's point releases replace package versions; the base image pins Debian itself.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN make install PREFIX=/opt/reconciler

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="opamp-reconciler" \
      org.opencontainers.image.licenses="Apache-2.0"
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 65532 --home-dir /data --create-home reconciler
COPY --from=build /opt/reconciler /opt/reconciler
ENV PATH=/opt/reconciler/bin:$PATH \
    RECONCILER_DATA_DIR=/data \
    RECONCILER_OPAMP_LISTEN=0.0.0.0:4320 \
    RECONCILER_LISTEN=0.0.0.0:8080
USER 65532
WORKDIR /data
VOLUME /data
EXPOSE 4320 8080
HEALTHCHECK --interval=30s --timeout=3s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz')"]
ENTRYPOINT ["reconciler"]
CMD ["serve"]
