#!/bin/sh
# Prints the version of the packages for what `git describe --tags --always --dirty` says
# and the number of commits: digits come first, and what came after a tag sorts after it.
set -eu

case $1 in
v[0-9]*.*) version=${1#v} ;;
[0-9]*.*) version=$1 ;;
*) version=0.0.0-$2-g$1 ;; # nothing was ever released
esac
version=$(printf '%s' "$version" | sed 's/-\([0-9][0-9]*\)-g\([0-9a-z]*\)/+\1.g\2/')
case $version in
*+*-dirty) version=${version%-dirty}.dirty ;;
*-dirty) version=${version%-dirty}+dirty ;;
esac
printf '%s\n' "$version"
