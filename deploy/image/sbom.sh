#!/bin/sh
# Writes the software bill of materials of a binary, in CycloneDX JSON: its
# modules with their hashes. The same binary gives the same text.
#
#   deploy/image/sbom.sh BINARY OUT.json [VERSION]
set -eu

binary=$(realpath "${1:?usage: sbom.sh BINARY OUT.json [VERSION]}")
out=$(realpath -m "${2:?usage: sbom.sh BINARY OUT.json [VERSION]}")
version=${3:-dev}

cd / # outside of any module
go run github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0 bin \
	-json -std -noserial -notimestamp -version "$version" -output "$out" "$binary"
