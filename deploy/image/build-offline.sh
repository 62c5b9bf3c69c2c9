#!/bin/sh
# Builds the Dockerfile without any registry: it creates both base images from
# files of this machine. So it shows that the Dockerfile is correct, and how large
# the image is, on machines that cannot pull base images.
#
#   deploy/image/build-offline.sh OUT-DIR [VERSION [COMMIT]]
#
# Needs root, Go, and the Debian packages buildah, busybox-static,
# ca-certificates, netbase and tzdata. Writes to OUT-DIR:
#   port-iam            the binary that is in the image
#   port-iam.tar        the image, in the form that `docker load` takes
#   inspect.json        its configuration
#   files.txt           every file in it
#   layers.txt          the digests of its layers: the same for the same source
#   unpacked-bytes.txt, compressed-bytes.txt   its size
#   demo.txt            the output of `port-iam demo` in it
set -eu

out=${1:?usage: build-offline.sh OUT-DIR [VERSION [COMMIT]]}
version=${2:-dev}
commit=${3:-unknown}
root=$(cd "$(dirname "$0")/../.." && pwd -P)
mkdir -p "$out"
out=$(cd "$out" && pwd -P)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# Storage of its own: buildah neither uses nor changes the images of the machine.
b() {
	buildah --root "$tmp/storage" --runroot "$tmp/run" --storage-driver vfs "$@"
}

# base NAME DIR PATH: creates an image from the files in DIR.
base() {
	c=$(b from scratch)
	b add --quiet "$c" "$2" / >/dev/null
	b config --env "PATH=$3" "$c"
	b commit --quiet --timestamp 0 "$c" "$1" >/dev/null
	b rm "$c" >/dev/null
}

# The parts of golang:1.26 that this build uses: a shell here, and Go from a
# volume further down, which saves copying it.
builder=$tmp/builder
mkdir -p "$builder/bin" "$builder/etc/ssl/certs" "$builder/tmp" "$builder/root" "$builder/usr/local/go"
chmod 1777 "$builder/tmp"
cp /bin/busybox "$builder/bin/busybox"
for tool in sh mkdir rm cat; do ln -s busybox "$builder/bin/$tool"; done
cp /etc/ssl/certs/ca-certificates.crt "$builder/etc/ssl/certs/"
base localhost/builder "$builder" /usr/local/go/bin:/bin
rm -rf "$builder"

# The contents of distroless static: certificates, time zones, names, a home, /tmp.
runtime=$tmp/runtime
mkdir -p "$runtime/etc/ssl/certs" "$runtime/usr/share" "$runtime/tmp" "$runtime/home/nonroot"
chmod 1777 "$runtime/tmp"
chown 65532:65532 "$runtime/home/nonroot"
cp /etc/ssl/certs/ca-certificates.crt "$runtime/etc/ssl/certs/"
cp /etc/protocols /etc/services "$runtime/etc/"
cp -a /usr/share/zoneinfo "$runtime/usr/share/zoneinfo"
rm -rf "$runtime/usr/share/zoneinfo/right" "$runtime/usr/share/zoneinfo/posix"
cat >"$runtime/etc/passwd" <<'PASSWD'
root:x:0:0:root:/root:/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
PASSWD
cat >"$runtime/etc/group" <<'GROUP'
root:x:0:
nobody:x:65534:
nonroot:x:65532:
GROUP
base localhost/runtime "$runtime" /usr/local/bin
rm -rf "$runtime"

# The modules come from the module cache of the machine, as an overlay that is
# discarded. The format is docker, because the OCI format has no health check. The
# fixed time makes the layers, not only the binary, the same every time.
b build --quiet --isolation chroot --network host --format docker --timestamp 0 \
	--build-arg "BUILD_IMAGE=localhost/builder" --build-arg "RUNTIME_IMAGE=localhost/runtime" \
	--build-arg "TARGETOS=$(go env GOOS)" --build-arg "TARGETARCH=$(go env GOARCH)" \
	--build-arg "VERSION=$version" --build-arg "COMMIT=$commit" \
	--volume "$(go env GOROOT):/usr/local/go:ro" \
	--volume "$(go env GOMODCACHE):/root/go/pkg/mod:O" \
	--ignorefile "$root/.dockerignore" --file "$root/Dockerfile" \
	--tag localhost/port-iam "$root" >/dev/null

b inspect --type image localhost/port-iam >"$out/inspect.json"
b inspect --type image --format '{{range .OCIv1.RootFS.DiffIDs}}{{println .}}{{end}}' localhost/port-iam >"$out/layers.txt"
c=$(b from localhost/port-iam)
m=$(b mount "$c")
cp "$m/usr/local/bin/port-iam" "$out/port-iam"
(cd "$m" && find . -xdev \( -type f -o -type l \) ! -path './usr/share/zoneinfo/*' | sort) >"$out/files.txt"
du -sb "$m" | cut -f1 >"$out/unpacked-bytes.txt"

# Run the image as its user: one grant from start to end.
b run --isolation chroot "$c" -- /usr/local/bin/port-iam version
b run --isolation chroot "$c" -- /usr/local/bin/port-iam demo --once >"$out/demo.txt"
if b run --isolation chroot "$c" -- /bin/sh -c true 2>/dev/null; then
	echo "build-offline.sh: the image has a shell" >&2
	exit 1
fi
b umount "$c" >/dev/null
rm -f "$out/port-iam.tar"
b push --quiet localhost/port-iam "docker-archive:$out/port-iam.tar:port-iam:$version"
gzip -9 -n -c "$out/port-iam.tar" | wc -c >"$out/compressed-bytes.txt"
echo "image: unpacked $(cat "$out/unpacked-bytes.txt") bytes, compressed $(cat "$out/compressed-bytes.txt") bytes"
