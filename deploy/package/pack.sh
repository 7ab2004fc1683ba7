#!/bin/sh
# Packs dist/ARCH/bellhop as .deb, .rpm and .tar.gz in dist/. The same commit makes the
# same files: their times are those of the commit.
set -eu
cd "$(dirname "$0")/../.."

nfpm=github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.45.2

export ARCH="$1"
PACKAGE_VERSION=$(./deploy/package/version.sh "$2" "$(git rev-list --count HEAD 2>/dev/null || echo 0)")
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
MAINTAINER=${MAINTAINER:-bellhop <root@localhost>}
export PACKAGE_VERSION SOURCE_DATE_EPOCH MAINTAINER

for kind in deb rpm; do
	"${GO:-go}" run "$nfpm" package --config deploy/package/nfpm.yaml --packager $kind --target dist/
done

name=bellhop-$PACKAGE_VERSION-linux-$ARCH
mkdir -p "dist/$name/docs"
cp "dist/$ARCH/bellhop" deploy/install.sh deploy/bellhop.service README.md CHANGELOG.md LICENSE "dist/$name/"
cp config/example.yml "dist/$name/config.example.yml"
cp docs/running.md docs/templates.md "dist/$name/docs/"
tar -C dist --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" -cf - "$name" |
	gzip -n >"dist/$name.tar.gz"
rm -r "dist/$name" "dist/$ARCH"
