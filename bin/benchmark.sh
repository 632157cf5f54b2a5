#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures cluster links beside MirrorMaker 2 and Kafka's replica fetcher on this machine and writes docs/benchmarks.
set -euo pipefail

usage() {
    cat <<'USAGE'
Usage: bin/benchmark.sh [--quick] [--only SCENARIO[,SCENARIO]...] [--output DIR] [--backlog-mb N] [--jfr FILE] [--no-build]

  --quick       small amounts, fewer rounds
  --only        some of: backlog, latency, stop, partitions, small, wan, produce, neighbours
  --output      where the report goes (default docs/benchmarks)
  --backlog-mb  amount of the backlog scenario (default 2000, with --quick 1000)
  --jfr         measure nothing; record a profile of the destination broker in the backlog scenario
  --no-build    use what was built before

Ends with 1 if a target was missed, with 3 if a scenario could not be measured. Nothing else should run on the machine. Needs a JDK 17 or newer and Maven 3.8 or newer.
USAGE
}

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
target="$root/integration-tests/target"
build=true
arguments=()
while [[ $# -gt 0 ]]; do
    case "$1" in
        --quick) arguments+=("$1") ;;
        --only | --output | --backlog-mb | --jfr)
            [[ $# -ge 2 ]] || { usage >&2; exit 2; }
            arguments+=("$1" "$2")
            shift
            ;;
        --no-build) build=false ;;
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

if "$build"; then
    (cd "$root" && mvn -q -B -DskipTests package)
fi
[[ -d "$target/libs" ]] || { echo "benchmark: nothing was built yet; run without --no-build." >&2; exit 1; }
java=java
[[ -z "${JAVA_HOME:-}" ]] || java="$JAVA_HOME/bin/java"
exec "$java" -Xmx1g -Dclusterlinks.root="$root" -Dorg.slf4j.simpleLogger.defaultLogLevel=off \
    -cp "$target/classes:$target/libs/*" io.clusterlinks.it.benchmark.Benchmark ${arguments[@]+"${arguments[@]}"}
