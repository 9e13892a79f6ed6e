# The product as one image; compose.yaml starts each service from it. Built from the same hashed locks as .venv.
FROM python:3.13-slim AS build
WORKDIR /build
COPY toolchain/uv-requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --only-binary=:all: -r uv-requirements.lock
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy VIRTUAL_ENV=/opt/clienteling
# The packages come before the project: a change of code does not install them anew.
COPY requirements.lock ./
RUN uv venv "$VIRTUAL_ENV" && uv pip install --no-cache --compile-bytecode --only-binary :all: --require-hashes -r requirements.lock
COPY pyproject.toml ./
COPY domain domain
COPY projections projections
COPY services services
COPY infra infra
RUN uv pip install --no-cache --compile-bytecode --no-deps --no-index --no-build-isolation .

FROM python:3.13-slim
# Nothing here needs root; the data folder holds the vault's key and must outlive the container.
RUN useradd --system --home-dir /var/lib/clienteling --create-home clienteling \
    && install --directory --owner=clienteling --mode=700 /etc/clienteling/nats
COPY --from=build /opt/clienteling /opt/clienteling
ENV PATH=/opt/clienteling/bin:$PATH CLIENTELING_DATA_DIR=/var/lib/clienteling
USER clienteling
VOLUME /var/lib/clienteling
ENTRYPOINT ["clienteling"]
CMD ["--help"]
