# shellcheck shell=bash
# Sourced by the tests of scripts. Each claim is one test and one line:
#
#   . "$(dirname "$0")/../support/claims.sh"
#   claim "says what is missing" grep -q missing "$dir/output"
#   end_of_claims
#
# tests/check counts the lines that start with "ok", "not ok" and "skip".

claims_made=0
claims_broken=0

# claim TEXT COMMAND...: true if the command is. Its output is shown if it isn't.
claim() {
  local text=$1 output
  shift
  claims_made=$((claims_made + 1))
  if output=$("$@" 2>&1); then
    printf 'ok      %s\n' "$text"
  else
    claims_broken=$((claims_broken + 1))
    printf 'not ok  %s\n' "$text"
    printf '        failed: %s\n' "$*"
    [[ -z $output ]] || printf '        %s\n' "${output//$'\n'/$'\n        '}"
  fi
}

# skip_claim TEXT REASON
skip_claim() {
  claims_made=$((claims_made + 1))
  printf 'skip    %s: %s\n' "$1" "$2"
}

# Ends the test; with 1 if a claim was broken or none was made.
end_of_claims() {
  ((claims_broken == 0 && claims_made > 0))
  exit
}
