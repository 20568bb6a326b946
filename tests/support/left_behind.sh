# shellcheck shell=bash
# Sourced by scripts that prove that programs leave nothing behind. Each set of
# programs is started with a TMPDIR of its own, by which it is known.

# processes_of FOLDER: those that run with TMPDIR=FOLDER, as process numbers.
processes_of() {
  grep -lzxF "TMPDIR=$1" /proc/[0-9]*/environ 2>/dev/null | sed 's|^/proc/\([0-9]*\)/.*|\1|' || true
}

# left_behind FOLDER: a line for each process and each file that is left.
# Processes that were told to end have some seconds to do so.
left_behind() {
  local pid tries
  for ((tries = 0; tries < 50; tries++)); do
    [[ $(processes_of "$1") ]] || break
    sleep 0.1
  done
  for pid in $(processes_of "$1"); do
    printf 'process %d still runs: %s\n' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline")"
  done
  find "$1" -mindepth 1 -printf 'left in the temporary folder: %P\n'
}
