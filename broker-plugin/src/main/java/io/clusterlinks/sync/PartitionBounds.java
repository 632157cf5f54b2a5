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

    /**
     * The offsets at which a committed position makes sense.
     *
     * @param end where a position may be moved to at most: the high watermark, which no clean change of leader takes back
     * @param logEnd where one may stay: a new leader's high watermark lags behind the one before for a moment, and nobody
     *     is moved back for that
     * @param localEnd where the log ends here, with what is not the source's: past it nobody can have read
     */
    record Bounds(long start, long end, long logEnd, long localEnd) {
        /** Of a log that holds nothing but what the source has. */
        public Bounds(long start, long end, long logEnd) {
            this(start, end, logEnd, logEnd);
        }

        /** The same, of one that grows no more. */
        public Bounds(long start, long end) {
            this(start, end, end);
        }

        /** The position closest to {@code wanted} for one that stands at {@code current}; -1 if it stands nowhere. */
        long clamp(long wanted, long current) {
            long most = Math.max(end, Math.min(logEnd, current));
            return Math.max(start, Math.min(most, wanted));
        }
    }
}
