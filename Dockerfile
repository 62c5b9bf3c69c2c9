# The image of port-iam: one static binary on a base without shell or package
# manager, as a user that is not root.
#
#   docker build --build-arg VERSION=$(git describe --tags --always) \
#                --build-arg COMMIT=$(git rev-parse HEAD) -t port-iam .
#
# Both base images are arguments, so that you can name a mirror or a digest.
# deploy/image/build-offline.sh builds the same file with local bases.
ARG BUILD_IMAGE=golang:1.26
ARG RUNTIME_IMAGE=gcr.io/distroless/static-debian12:nonroot

# The compiler always runs on the builder's own architecture: Go needs no
# emulation to build for another one.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /src
# Paths and version control of the builder stay out of the binary: the same source
# with the same version and commit gives the same bytes on every machine.
ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"
# Modules change less often than source, so they get a layer of their own.
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
ARG COMMIT=unknown
RUN GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build \
    -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" \
    -o /out/port-iam ./cmd/port-iam

FROM ${RUNTIME_IMAGE}
ARG RUNTIME_IMAGE
ARG VERSION=dev
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="port-iam" \
      org.opencontainers.image.description="Grants and revokes AWS IAM permissions for runs of actions in Port" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      org.opencontainers.image.base.name="${RUNTIME_IMAGE}"
COPY --from=build /out/port-iam /usr/local/bin/port-iam
# The user is a number, so that Kubernetes can check that it is not root.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
# The base image has no curl, so the binary asks itself. It reads LISTEN_ADDRESS as
# the daemon does.
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
    CMD ["/usr/local/bin/port-iam", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/port-iam"]
CMD ["run"]
