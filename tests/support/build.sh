# shellcheck shell=bash
# Sourced by scripts that build, in the folder of the repository.

# How many compilers and tests run at once.
jobs=${NOONMARK_JOBS:-$(nproc)}

# build PRESET [-DNAME=VALUE...] [--target NAME...]: configures and builds.
# One build of a preset at a time, whoever else is at it.
build() {
  local preset=$1 options=()
  shift
  while [[ ${1-} == -D* ]]; do
    options+=("$1")
    shift
  done
  mkdir -p .build
  (
    flock 9
    cmake --preset "$preset" "${options[@]}" 9>&- &&
      cmake --build --preset "$preset" --parallel "$jobs" "$@" 9>&-
  ) 9>".build/$preset.lock"
}
