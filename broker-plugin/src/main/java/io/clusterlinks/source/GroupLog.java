// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.internals.Topic;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends of the log in which a source keeps its groups. Asking for them needs DESCRIBE on that topic, which a link need not
 * have, and the topic, which is not there before the first group is and not everywhere: what cannot be asked is asked again
 * later. Thread-safe.
 */
final class GroupLog {
    private static final Logger LOG = LoggerFactory.getLogger(GroupLog.class);
    private static final String TOPIC = Topic.GROUP_METADATA_TOPIC_NAME;

    /** Whoever waits for this goes on without it. */
    private static final int TIMEOUT_MS = 1_000;

    private static final long AGAIN_NS = TimeUnit.SECONDS.toNanos(30);

    /** Tasks that ask at the same time are told the same. */
    private static final long FRESH_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private int partitions;
    private Map<Integer, Long> last = Map.of();
    private boolean asked;
    private long askedNs;

    /** The ends by partition; empty if they are not known. */
    synchronized Map<Integer, Long> ends(Supplier<Admin> admin) {
        if (asked && System.nanoTime() - askedNs < (last.isEmpty() ? AGAIN_NS : FRESH_NS)) {
            return last;
        }
        last = Map.of();
        asked = true;
        askedNs = System.nanoTime();
        try {
            if (partitions == 0) {
                partitions = count(admin.get());
            }
            last = ask(admin.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            LOG.debug("Cannot tell from the ends of {} which groups have changed: {}", TOPIC, e.toString());
            partitions = 0;
        }
        return last;
    }

    private static int count(Admin admin) throws Exception {
        return admin.describeTopics(Set.of(TOPIC), new DescribeTopicsOptions().timeoutMs(TIMEOUT_MS))
                .topicNameValues()
                .get(TOPIC)
                .get(TIMEOUT_MS + 200, TimeUnit.MILLISECONDS)
                .partitions()
                .size();
    }

    private Map<Integer, Long> ask(Admin admin) throws Exception {
        Map<TopicPartition, OffsetSpec> specs = new HashMap<>();
        for (int partition = 0; partition < partitions; partition++) {
            specs.put(new TopicPartition(TOPIC, partition), OffsetSpec.latest());
        }
        Map<Integer, Long> ends = new HashMap<>();
        admin.listOffsets(specs, new ListOffsetsOptions().timeoutMs(TIMEOUT_MS))
                .all()
                .get(TIMEOUT_MS + 200, TimeUnit.MILLISECONDS)
                .forEach((partition, end) -> ends.put(partition.partition(), end.offset()));
        return ends;
    }
}
