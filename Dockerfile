# Two stages: the first builds, the second carries the built environment and nothing else.
ARG PYTHON=3.12-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
RUN python -m venv /opt/alliance
COPY requirements.lock ./
RUN /opt/alliance/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY graph_model graph_model
COPY ingest ingest
COPY algorithms algorithms
COPY policy policy
COPY api api
COPY districts districts
RUN /opt/alliance/bin/pip install --no-deps --no-build-isolation .

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="credit-alliance" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 alliance \
    && useradd --system --uid 10001 --gid alliance --no-create-home alliance \
    && install -d -o alliance -g alliance /data /backup /cache
COPY --from=build /opt/alliance /opt/alliance
COPY deploy/backup.sh deploy/check.py /opt/alliance/bin/
ENV PATH=/opt/alliance/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ALLIANCE_HOME=/data \
    ALLIANCE_HOST=0.0.0.0 \
    ALLIANCE_PORT=8000 \
    NUMBA_CACHE_DIR=/cache
# The root may be read-only: pictures and runs go to /data, compiled kernels to /cache.
VOLUME ["/data", "/backup", "/cache"]
USER alliance
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "/opt/alliance/bin/check.py", "http://127.0.0.1:8000/healthz"]
ENTRYPOINT ["alliance"]
CMD ["serve"]
