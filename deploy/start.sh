#!/bin/sh
# Starts Pawl as `deno task start` does, with the least permissions, for containers and service managers: the shell
# becomes the server, so that signals reach it, and nothing is downloaded or built. First, once: deno task prepare
set -eu
cd "$(dirname "$0")/.."

flag() {
  deno run -q --cached-only --allow-env --allow-read tools/permissions.ts "$1"
}
read=$(flag read)
write=$(flag write)
ffi=$(flag ffi)
other=$(flag other)

# shellcheck disable=SC2086 # What is in $other has no blanks, and is several flags.
exec deno run --cached-only --v8-flags=--max-semi-space-size=4 "$read" "$write" "$ffi" $other main.ts "$@"
