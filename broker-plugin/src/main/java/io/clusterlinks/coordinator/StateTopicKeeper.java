// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.state.StateTopic;
import io.clusterlinks.sync.TopicChanges;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the state topic is compacted. A client that asked for its metadata before the first link was created
 * may have had the broker create it with the cluster's defaults; with retention the links would age out, and every
 * mirror would become writable.
 */
final class StateTopicKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(StateTopicKeeper.class);
    private static final String CLEANUP_POLICY = "cleanup.policy";
    private static final long RETRY_MS = 10_000;

    private final LocalBroker broker;
    private final TopicChanges changes;
    private final Executor workers;
    private final AtomicBoolean repairing = new AtomicBoolean();
    private final Time time;
    private volatile long nextTryMs;

    StateTopicKeeper(LocalBroker broker, Executor workers, Time time) {
        this.broker = broker;
        this.changes = new TopicChanges(broker.controller());
        this.workers = workers;
        this.time = time;
    }

    /** Has the topic's configs repaired, if they are not what they must be; does not block. */
    void check() {
        String policy = broker.cluster().topicConfigs(StateTopic.NAME).get(CLEANUP_POLICY);
        if (!"compact".equals(policy) && time.milliseconds() >= nextTryMs && repairing.compareAndSet(false, true)) {
            workers.execute(this::repair);
        }
    }

    private void repair() {
        try {
            short replicas = (short) broker.cluster()
                    .topic(StateTopic.NAME)
                    .map(topic -> topic.partitions().get(0).replicas().size())
                    .orElse(1)
                    .intValue();
            Map<String, String> configs = StateTopic.configs(replicas);
            changes.configure(StateTopic.NAME, configs, Set.of());
            LOG.warn("{} had other configs than its own; set {}", StateTopic.NAME, configs);
        } catch (RuntimeException e) {
            nextTryMs = time.milliseconds() + RETRY_MS;
            LOG.error("{} is not compacted and cannot be made so; trying again in {} ms", StateTopic.NAME, RETRY_MS, e);
        } finally {
            repairing.set(false);
        }
    }
}
