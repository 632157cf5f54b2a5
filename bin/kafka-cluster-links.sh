#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Manages cluster links. Unpacked over a Kafka installation it needs no settings.
#   KAFKA_HOME          Kafka's directory; default: the one this script lies in
#   JAVA_HOME           Java 17 or newer; default: java on the PATH
#   CLUSTER_LINKS_OPTS  more options for Java, for example -Djava.security.auth.login.config=FILE
# KAFKA_OPTS is not used: it holds the brokers' -javaagent.

fail() {
    echo "Error: $*" >&2
    exit 1
}

script=$0
while [ -h "$script" ]; do
    target=$(readlink "$script")
    case $target in
        /*) script=$target ;;
        *) script=$(dirname "$script")/$target ;;
    esac
done
base=$(cd "$(dirname "$script")/.." && pwd -P) || fail "Cannot find the directory of $0."

has_kafka() {
    for jar in "$1"/libs/kafka-clients-*.jar; do
        [ -f "$jar" ] && return 0
    done
    return 1
}

if [ -n "$KAFKA_HOME" ]; then
    has_kafka "$KAFKA_HOME" || fail "KAFKA_HOME is $KAFKA_HOME, but there is no libs/kafka-clients-*.jar in it."
    kafka=$KAFKA_HOME
elif has_kafka "$base"; then
    kafka=$base
else
    fail "Kafka was not found. Set KAFKA_HOME to its directory, or unpack Kafka Cluster Links over it."
fi

plugin=
for candidate in "$base/libs/kafka-cluster-links.jar" "$kafka/libs/kafka-cluster-links.jar"; do
    if [ -f "$candidate" ]; then
        plugin=$candidate
        break
    fi
done
[ -n "$plugin" ] || fail "kafka-cluster-links.jar was not found in $base/libs or $kafka/libs."

if [ -n "$JAVA_HOME" ]; then
    java=$JAVA_HOME/bin/java
    [ -x "$java" ] || fail "JAVA_HOME is $JAVA_HOME, but there is no bin/java in it."
else
    java=$(command -v java) || fail "Java was not found. Install Java 17 or newer, or set JAVA_HOME."
fi

# The jars that are always needed come first: classes are looked up jar by jar.
classpath=$plugin
for jar in "$kafka"/libs/kafka-clients-*.jar "$kafka"/libs/jackson-*.jar "$kafka"/libs/slf4j-api-*.jar; do
    [ -f "$jar" ] && classpath=$classpath:$jar
done
classpath=$classpath:$kafka/libs/*

logging=
for directory in "$base" "$kafka"; do
    if [ -z "$logging" ] && [ -f "$directory/config/cluster-links-log4j2.properties" ]; then
        logging=$directory/config/cluster-links-log4j2.properties
    fi
done

# The release file says the version without starting Java once more.
release=
[ -f "$(dirname "$java")/../release" ] && release=$(dirname "$java")/../release
if [ -n "$release" ]; then
    version=$(sed -n 's/^JAVA_VERSION="\([^"]*\)".*/\1/p' "$release")
else
    version=$("$java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p' | head -n 1)
fi
major=$(echo "$version" | sed 's/^1\.//; s/[^0-9].*//')
if [ -n "$major" ] && [ "$major" -lt 17 ]; then
    fail "$java is Java $version. Kafka Cluster Links needs Java 17 or newer; set JAVA_HOME."
fi

# CLUSTER_LINKS_OPTS is split into words on purpose.
# shellcheck disable=SC2086
exec "$java" -Xms16m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto \
    ${logging:+"-Dlog4j2.configurationFile=$logging"} $CLUSTER_LINKS_OPTS \
    -cp "$classpath" io.clusterlinks.cli.ClusterLinksCommand "$@"
