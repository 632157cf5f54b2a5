// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.util.Map;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * Who leads what in a source cluster, as one of its brokers answered.
 *
 * @param answered broker that answered; negative if that is not known
 * @param brokers live brokers by id
 * @param topics the topics that were asked for
 */
public record SourceMetadata(int answered, Map<Integer, Node> brokers, Map<String, Topic> topics) {
    /** Whether somebody else than broker {@code leader} says so, if there is anybody else. */
    public boolean confirms(int leader) {
        return brokers.size() <= 1 || (answered >= 0 && answered != leader);
    }

    /**
     * One topic.
     *
     * @param error NONE if the rest is valid
     * @param id {@link Uuid#ZERO_UUID} where the source has no topic ids
     * @param partitions leaders by partition
     */
    public record Topic(Errors error, Uuid id, Map<Integer, Leader> partitions) {}

    /** Leader of a partition; {@code broker} is -1 while it has none, {@code epoch} -1 where the source does not say. */
    public record Leader(int broker, int epoch) {}
}
