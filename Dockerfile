# The build needs everything; what runs is the compiled server and its own dependencies. Images are named by the digest of
# their index of platforms: `node scripts/image-digests.mjs` asks for that of today.
FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS build
WORKDIR /waybill
COPY package.json package-lock.json .npmrc ./
COPY server/package.json server/
COPY sdk/package.json sdk/
COPY dashboard/package.json dashboard/
RUN npm ci
COPY tsconfig.base.json tsconfig.json ./
COPY scripts scripts
COPY server server
COPY sdk sdk
COPY dashboard dashboard
RUN npm run build && npm prune --omit=dev --omit=optional

FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
ENV NODE_ENV=production WAYBILL_DATA=/data WAYBILL_HOST=0.0.0.0
WORKDIR /waybill
COPY --from=build /waybill/node_modules node_modules
COPY --from=build /waybill/server/package.json server/package.json
COPY --from=build /waybill/server/bin server/bin
COPY --from=build /waybill/server/dist server/dist
COPY --from=build /waybill/server/assets server/assets
COPY --from=build /waybill/sdk/package.json sdk/package.json
COPY --from=build /waybill/sdk/dist sdk/dist
COPY --from=build /waybill/dashboard/package.json dashboard/package.json
COPY --from=build /waybill/dashboard/dist dashboard/dist
COPY --from=build /waybill/dashboard/public dashboard/public
COPY LICENSE ./
RUN ln -s /waybill/server/bin/waybill.js /usr/local/bin/waybill \
  && mkdir /data && chown node:node /data
# A configuration of one's own goes to /waybill/waybill.config.ts: there it may import "waybill" and "zod".
USER node
VOLUME /data
EXPOSE 7420 8080 10000 4321
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7420/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Handles SIGTERM itself, within its grace time of 20 s: give `docker stop` 30.
STOPSIGNAL SIGTERM
ENV MALLOC_ARENA_MAX=2
ENTRYPOINT ["node", "--max-semi-space-size=16", "/waybill/server/bin/waybill.js"]
CMD ["serve"]
