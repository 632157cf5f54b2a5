// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import org.apache.kafka.common.Uuid;

/**
 * Who leads a partition at the source, as last heard.
 *
 * @param broker -1 if unknown or none
 * @param epoch -1 where the source does not say
 * @param topicId {@link Uuid#ZERO_UUID} where the source has none
 */
record SourceLeader(int broker, int epoch, Uuid topicId) {
    static final SourceLeader UNKNOWN = new SourceLeader(-1, -1, Uuid.ZERO_UUID);
}
