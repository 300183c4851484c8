# docker build -t pawl . && docker run -p 127.0.0.1:8000:8000 -v pawl:/data pawl
# What to set, and why: docs/operations.md
FROM denoland/deno:2.9.6

WORKDIR /app
COPY . .
# Everything that a start needs, so that it needs no network; and a folder for data that is not root's.
RUN deno task prepare && mkdir /data && chown deno:deno /data

ENV PAWL_DATA_DIR=/data PAWL_HOST=0.0.0.0 PAWL_LOG_FORMAT=json DENO_NO_UPDATE_CHECK=1
USER deno
VOLUME /data
EXPOSE 8000
# Running requests get shutdown.graceSeconds (8): less than the ten seconds after which Docker kills.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["deno", "run", "-q", "--allow-net=127.0.0.1", "--allow-env=PAWL_PORT", "tools/healthy.ts"]
ENTRYPOINT ["/app/deploy/start.sh"]
