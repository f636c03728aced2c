# The base is a tag that says its version. CI gives the digest as well, so that the bytes are known:
#   docker build --build-arg NODE_IMAGE=docker.io/library/node:26.10.0-slim@sha256:<digest> .
ARG NODE_IMAGE=docker.io/library/node:26.10.0-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# Before the sources: a change of a source file installs nothing again.
COPY package.json package-lock.json .npmrc ./
COPY src/playground/browser/package.json src/playground/browser/package-lock.json src/playground/browser/.npmrc \
     src/playground/browser/
# No package needs its install script here; one of them would download Node.js. A registry of one's own is configured by
# the secrets `npmrc` and `ca`, a certificate, neither of which is left in a layer.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=secret,id=ca,target=/run/secrets/ca \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi && \
    npm ci --ignore-scripts && \
    npm ci --ignore-scripts --prefix src/playground/browser
COPY . .
RUN npm run build

FROM ${NODE_IMAGE}
ARG NODE_IMAGE
ARG REVISION=unknown
LABEL org.opencontainers.image.title="contactswing-bff" \
      org.opencontainers.image.description="GraphQL backend-for-frontend and federation subgraph for ContactSwing's data extraction actions" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="UNLICENSED" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"
ENV NODE_ENV=production
WORKDIR /app
# Everything belongs to root and the process runs as another user: what runs cannot change what runs next.
COPY --chown=0:0 --from=build /app/dist dist
COPY --chown=0:0 package.json deploy/container/healthcheck.mjs ./
# Numeric, so that Kubernetes can see that it is not root.
USER 65532:65532
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["node", "healthcheck.mjs"]
# Node itself is the first process and gets the signals; the base image's start script would need a shell.
ENTRYPOINT ["node"]
CMD ["--max-old-space-size=224", "--v8-pool-size=1", "--heap-growing-percent=200", "--max-semi-space-size=8", "dist/start.cjs"]
