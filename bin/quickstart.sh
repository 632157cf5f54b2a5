#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the project, starts two Kafka clusters on loopback, mirrors a topic from one to the other, proves that the copy
# is equal, promotes it, and cleans up.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: bin/quickstart.sh [--keep] [--mb N] [--no-build]
       bin/quickstart.sh --stop

  --keep      leave both clusters running and print commands to play with
  --mb N      write N MB at the source (default 400)
  --no-build  use what was built before
  --stop      stop clusters that --keep left running and remove their files

Needs a JDK 17 or newer and Maven 3.8 or newer, and the network for Maven's first run.
USAGE
}

fail() {
    echo "quickstart: $*" >&2
    exit 1
}

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target="$root/integration-tests/target"
work="$target/quickstart"

stop() {
    local pid
    if [[ -f "$work/pids" ]]; then
        while read -r pid; do
            # A number may have been given to another process since: ask what it is.
            if ps -o args= -p "$pid" 2>/dev/null | grep -q 'kafka\.Kafka'; then
                kill "$pid"
                while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
                echo "Stopped broker process $pid."
            fi
        done <"$work/pids"
    else
        echo "No clusters were left running."
    fi
    rm -rf "$work"
}

# The first number of a version such as 17.0.15, 1.8.0_392 or 21-ea.
java_major() {
    local version
    version="$("$1" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p' | head -n 1)"
    version="${version#1.}"
    echo "${version%%[!0-9]*}"
}

check_java() {
    local home="${JAVA_HOME:-}"
    if [[ -n "$home" && -x "$home/bin/java" ]]; then
        java="$home/bin/java"
    else
        java="$(command -v java)" || fail "no Java found. Install a JDK 17 or newer (Debian: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME."
    fi
    local major
    major="$(java_major "$java")"
    [[ -n "$major" && "$major" -ge 17 ]] || fail "$java is Java ${major:-of an unknown version}; install a JDK 17 or newer or set JAVA_HOME."
}

check_build_tools() {
    local bin
    bin="$(dirname "$java")"
    [[ -x "$bin/javac" ]] || command -v javac >/dev/null || fail "$java has no compiler; install a JDK, not a JRE (Debian: apt-get install openjdk-17-jdk-headless)."
    command -v mvn >/dev/null || fail "no Maven found. Install Maven 3.8 or newer (Debian: apt-get install maven)."
    local version
    version="$(mvn -v 2>/dev/null | sed -e 's/\x1b\[[0-9;]*m//g' | sed -n 's/^Apache Maven \([0-9.]*\).*/\1/p')"
    [[ "$(printf '%s\n' 3.8 "$version" | sort -V | head -n 1)" == 3.8 ]] || fail "Maven is ${version:-of an unknown version}; install 3.8 or newer."
}

build=true
arguments=()
while [[ $# -gt 0 ]]; do
    case "$1" in
        --keep) arguments+=(--keep) ;;
        --mb)
            [[ "${2:-}" =~ ^[0-9]+$ ]] || fail "--mb needs a number of megabytes."
            arguments+=(--mb "$2")
            shift
            ;;
        --no-build) build=false ;;
        --stop)
            stop
            exit 0
            ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            usage >&2
            exit 2
            ;;
    esac
    shift
done
[[ ! -f "$work/pids" ]] || fail "clusters of an earlier run with --keep are there; stop them first: bin/quickstart.sh --stop"

check_java
if "$build"; then
    check_build_tools
    echo "Building (the first time Maven downloads what it needs) ..."
    started=$SECONDS
    (cd "$root" && mvn -q -B -DskipTests package) || fail "the build failed, see above."
    echo "Built in $((SECONDS - started)) s."
fi
[[ -d "$target/libs" ]] || fail "nothing was built yet; run without --no-build."

if [[ -t 1 ]]; then
    arguments+=(--terminal)
fi
mkdir -p "$work"
exec "$java" -Xmx1g -Dclusterlinks.root="$root" -cp "$target/classes:$target/libs/*" \
    io.clusterlinks.it.quickstart.Quickstart ${arguments[@]+"${arguments[@]}"}
