// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.server.authorizer.Authorizer;

/** The broker this plugin runs in, from the moment it has started until it begins to stop. Thread-safe. */
public interface LocalBroker {
    int nodeId();

    String clusterId();

    /** Version of Kafka, for example {@code 4.3.1}. */
    String kafkaVersion();

    /** The properties the broker was started with. */
    Map<String, Object> settings();

    /** Metadata of the cluster as this broker knows it; the same instance until something changes. */
    ClusterView cluster();

    /** The replica of {@code partition} on this broker; empty if it hosts none, or the log is offline. */
    Optional<LocalPartition> partition(TopicPartition partition);

    /**
     * Writes down where every log begins, which Kafka does once a minute. Without it a log that begins earlier than it
     * did may be back at its former start after a crash.
     */
    void checkpointLogStarts();

    /** Requests to the active controller with the broker's own credentials. */
    RequestChannel controller();

    /** Requests to a broker over the inter-broker listener with the broker's own credentials. */
    BrokerChannel brokers();

    /** As {@link #brokers()} over connections of its own, for long polls of the state topic. */
    BrokerChannel stateTail();

    /** As {@link #brokers()} over connections of its own, for what must not wait behind an operator's slow command. */
    BrokerChannel reports();

    /** As {@link #brokers()} over connections of its own, for what has to be written and replicated before it is answered. */
    BrokerChannel proposals();

    /** As {@link #brokers()} over several connections of its own, for commits of many groups' offsets. */
    BrokerChannel groups();

    /** The cluster's authorizer; empty if it has none. */
    Optional<Authorizer> authorizer();
}
