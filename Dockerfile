# The image of both daemons and of the command. Stages: build (all dependencies, compiler), then the
# pruned tree on the same base. BASE is any image that holds Node 20.19 or newer and npm; a base of
# one's own is also the place for a company's CA certificates (NODE_EXTRA_CA_CERTS).
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /godwit
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml tsconfig.base.json ./
COPY scripts scripts
COPY packages packages
COPY test/package.json test/package.json
RUN node scripts/setup.mjs \
 && node node_modules/typescript/bin/tsc -b packages/cli packages/source-agent packages/dest-agent packages/host \
 && node scripts/bundle.mjs
# The production tree: installed again from the same lock without what only builds and tests.
RUN rm -rf node_modules packages/*/node_modules test \
 && node scripts/setup.mjs --production \
 && find packages \( -name src -o -name '*.tsbuildinfo' -o -name '*.test.*' -o -name '*.map' -o -name '*.d.ts' \) \
      -path 'packages/*' -not -path '*/node_modules/*' -prune -exec rm -rf {} +

FROM ${BASE} AS run
ENV NODE_ENV=production
# Volumes that are mounted here for the first time take over these owners.
RUN mkdir -p /images /state /run/godwit && chown node:node /images /state /run/godwit
WORKDIR /godwit
COPY --from=build /godwit/package.json ./
COPY --from=build /godwit/node_modules node_modules
COPY --from=build /godwit/packages packages
COPY docker docker
USER node
EXPOSE 7301 7400 7401
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=6 CMD ["node", "docker/health.mjs"]
# Node is process 1 and the daemons handle SIGTERM themselves, so no init program stands in front.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "packages/cli/dist/bin.js"]
CMD ["--help"]
