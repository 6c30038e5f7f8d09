# Sourced by the scripts here: what they need beyond Go, installed when absent.

PLAYWRIGHT_VERSION=1.64.1

# browser makes Chromium and playwright-core ready, and names them for browser.mjs.
browser() {
  local dir=$1
  if ! command -v chromium >/dev/null; then
    (apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-dejavu-core) >"$dir/apt.log" 2>&1 ||
      { tail -5 "$dir/apt.log" >&2; echo "chromium could not be installed; install it and run again" >&2; return 1; }
  fi
  CHROMIUM=$(command -v chromium)
  # No browser download: playwright-core brings none.
  (cd "$dir" && npm install --silent --no-save --no-audit --no-fund --prefix "$dir" "playwright-core@$PLAYWRIGHT_VERSION") >"$dir/npm.log" 2>&1 ||
    { tail -5 "$dir/npm.log" >&2; echo "playwright-core could not be installed; npm is needed" >&2; return 1; }
  NODE_TOOLS=$dir
  export CHROMIUM NODE_TOOLS
}
