# shellcheck shell=bash
# The right to set the machine's clock, which nothing of this project needs on
# a machine that builds or tests. Every script that starts programs begins with
#
#   . "$(dirname "$0")/support/clock_right.sh"
#   drop_clock_right "$@"

# Prints the capability sets of this process that hold CAP_SYS_TIME (bit 25).
# The bounding set counts for root alone: another user gets nothing from it.
sets_with_clock_right() {
  local name value
  while read -r name value; do
    case $name in
      CapInh: | CapPrm: | CapEff: | CapAmb:) ;;
      CapBnd:) ((EUID == 0)) || continue ;;
      *) continue ;;
    esac
    if ((16#$value >> 25 & 1)); then
      printf '%s\n' "${name%:}"
    fi
  done </proc/self/status
}

# Starts the script anew, with the same arguments, in capability sets without
# CAP_SYS_TIME, so that neither it nor anything it starts can change the clock.
# Call it before any cd. Returns where there is nothing to drop; ends the script
# where the right cannot be dropped.
drop_clock_right() {
  if [[ -z $(sets_with_clock_right) ]]; then
    unset NOONMARK_CLOCK_RIGHT_DROPPED
    return
  fi
  if [[ ${NOONMARK_CLOCK_RIGHT_DROPPED-} ]]; then
    echo "$0: CAP_SYS_TIME could not be dropped: won't run with the right to set the clock" >&2
    exit 1
  fi
  NOONMARK_CLOCK_RIGHT_DROPPED=1 exec setpriv --bounding-set=-sys_time \
    --inh-caps=-sys_time --ambient-caps=-sys_time -- "$BASH" "$0" "$@"
}
