// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.guard;

import io.clusterlinks.host.WriteFence;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.StateTopic;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.PolicyViolationException;

/**
 * The fence that one image asks for: mirror partitions until they have stopped, and the state topic itself. Immutable;
 * a new image makes a new fence.
 */
public final class MirrorFence implements WriteFence {
    private final Map<String, Mirror> mirrors;
    private final boolean current;

    /** A mirror with those of its partitions that clients may write to again. */
    private record Mirror(String link, String sourceTopic, Set<Integer> released) {}

    /**
     * The fence of {@code image}.
     *
     * @param current false while this broker does not follow the state, after it began to stop and until it has read it
     *     again: mirrors may have been promoted since, so that writers are asked to try again instead of being refused
     */
    public MirrorFence(LinkImage image, boolean current) {
        this(new HashMap<>(), current);
        image.readOnlyMirrors()
                .forEach(mirror -> mirrors.put(
                        mirror.topic(),
                        new Mirror(mirror.link(), mirror.sourceTopic(), released(image, mirror.topic()))));
    }

    private MirrorFence(Map<String, Mirror> mirrors, boolean current) {
        this.mirrors = mirrors;
        this.current = current;
    }

    /** The same for as long as this broker may have missed that mirrors were promoted. */
    MirrorFence inDoubt() {
        return new MirrorFence(mirrors, false);
    }

    private static Set<Integer> released(LinkImage image, String topic) {
        return image.partitions(topic).values().stream()
                .filter(partition -> partition.phase() == PartitionRecord.Phase.STOPPED)
                .map(PartitionRecord::partition)
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public boolean isIdle() {
        // The state topic is always fenced.
        return false;
    }

    @Override
    public Optional<ApiException> refusal(String topic, int partition) {
        Mirror mirror = mirrors.get(topic);
        if (mirror == null) {
            return topic.equals(StateTopic.NAME) ? Optional.of(stateTopicRefusal()) : Optional.empty();
        }
        if (mirror.released().contains(partition)) {
            return Optional.empty();
        }
        return Optional.of(current ? readOnly(topic, mirror) : notYetKnown(topic, mirror));
    }

    private static ApiException readOnly(String topic, Mirror mirror) {
        return new PolicyViolationException("Topic '" + topic + "' is a read-only mirror of '" + mirror.sourceTopic()
                + "' over cluster link '" + mirror.link() + "'. Write to the source cluster, or promote the mirror"
                + " first: kafka-cluster-links.sh mirrors promote --link " + mirror.link() + " --topic " + topic + ".");
    }

    private static ApiException notYetKnown(String topic, Mirror mirror) {
        return new NotEnoughReplicasException(
                "Topic '" + topic + "' was a mirror over cluster link '" + mirror.link()
                        + "' when this broker last read the state of the links, and does not know whether it still is. Try again.");
    }

    private static ApiException stateTopicRefusal() {
        return new PolicyViolationException("Topic '" + StateTopic.NAME + "' holds the state of cluster links and is"
                + " written by the brokers alone. Use kafka-cluster-links.sh.");
    }
}
