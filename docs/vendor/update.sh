#!/usr/bin/env bash
# Fetch the vendored web assets again from their npm packages. The site never asks another
# host for anything, so maths and fonts live here, each beside its licence. Run it only to
# change a version, then look at the site and commit the difference.
set -euo pipefail

KATEX=0.19.1
IFRAME_WORKER=1.0.4
SOURCE_SERIF=5.3.1
SOURCE_SANS=5.3.0
SOURCE_CODE=5.3.0

here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unpack() { # package version folder
  mkdir -p "$work/$3"
  (cd "$work" && tar -xzf "$(npm pack --silent "$1@$2" | tail -n 1)" -C "$3" --strip-components 1)
}

unpack katex "$KATEX" katex
rm -rf "$here/katex"
mkdir -p "$here/katex/fonts"
cp "$work/katex/LICENSE" "$work/katex/dist/katex.min.js" "$here/katex/"
cp "$work"/katex/dist/fonts/*.woff2 "$here/katex/fonts/"
# Every browser that can run the site reads woff2: drop the other font formats.
sed -E 's/,url\([^)]*\.(woff|ttf)\) format\("[a-z]+"\)//g' \
  "$work/katex/dist/katex.min.css" > "$here/katex/katex.min.css"

unpack iframe-worker "$IFRAME_WORKER" iframe-worker
rm -rf "$here/iframe-worker"
mkdir -p "$here/iframe-worker"
cp "$work/iframe-worker/LICENSE" "$here/iframe-worker/"
cp "$work/iframe-worker/shim/index.js" "$here/iframe-worker/shim.js"

rm -rf "$here/fonts"
mkdir -p "$here/fonts"
font() { # family version styles...
  local family=$1 version=$2
  shift 2
  unpack "@fontsource-variable/$family" "$version" "$family"
  cp "$work/$family/LICENSE" "$here/fonts/$family.LICENSE"
  for style in "$@"; do
    cp "$work/$family/files/$family-latin-wght-$style.woff2" "$here/fonts/"
  done
}
font source-serif-4 "$SOURCE_SERIF" normal italic
font source-sans-3 "$SOURCE_SANS" normal
font source-code-pro "$SOURCE_CODE" normal

du -sh "$here"
