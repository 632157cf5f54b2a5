// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.state.LinkImage;
import java.util.Optional;

/** What is known of the logs of mirror partitions, wherever they are led. */
@FunctionalInterface
public interface PartitionBounds {
    /** Empty while the partition has not started, or its leader has not said lately. */
    Optional<Bounds> of(LinkImage image, MirrorRecord mirror, int partition);

    /** The offsets at which a committed position makes sense: a consumer may stand at {@code end}, not beyond. */
    record Bounds(long start, long end) {
        long clamp(long offset) {
            return Math.max(start, Math.min(end, offset));
        }
    }
}
