// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.ThrottleStatus;
import java.util.List;

/**
 * What one broker observes; sent to the coordinator every 500 to 1,000 ms and whenever its image changes. Kept in memory
 * only.
 *
 * @param broker id of the reporting broker
 * @param imageOffset offset of the state topic up to which it has applied the state
 * @param partitions the mirror partitions it leads; with {@code base}, those of them that have changed since
 * @param links the links it has connections for
 * @param id tells the reports of a broker apart
 * @param base id of the report that this one is a change of; null if it is complete
 */
public record BrokerReport(
        int broker,
        String pluginVersion,
        String kafkaVersion,
        long imageOffset,
        List<ObservedPartition> partitions,
        List<ObservedLink> links,
        long id,
        Long base) {

    /** A complete report. */
    public BrokerReport(
            int broker,
            String pluginVersion,
            String kafkaVersion,
            long imageOffset,
            List<ObservedPartition> partitions,
            List<ObservedLink> links) {
        this(broker, pluginVersion, kafkaVersion, imageOffset, partitions, links, 0, null);
    }

    /** The same with other partitions. */
    public BrokerReport with(List<ObservedPartition> newPartitions, long newId, Long newBase) {
        return new BrokerReport(broker, pluginVersion, kafkaVersion, imageOffset, newPartitions, links, newId, newBase);
    }

    /**
     * One mirror partition, as its leader sees it.
     *
     * @param leaderEpoch destination leader epoch under which it was observed
     * @param revision revision of the partition's record at that time; -1 if it had none
     * @param drainedSinceMs {@code sinceMs} of the mirror record whose DRAIN is fulfilled: the high watermark has
     *     reached an end offset that the source's leader gave lately and after this broker saw that DRAIN; -1 if not
     * @param highWatermark end of what no clean change of leader takes back; consumers see no more
     * @param sourcePace records per second by which the source's end moves while the mirror is promoted, 0 if it stands
     *     still; -1 if that is not known yet
     */
    public record ObservedPartition(
            String topic,
            int leaderEpoch,
            int revision,
            long highWatermark,
            long drainedSinceMs,
            long sourcePace,
            PartitionStatus status) {
        /** Whether it fulfils the DRAIN that began at {@code sinceMs}, at a source that stands still, under that leader. */
        public boolean isDrained(long sinceMs, int currentLeaderEpoch) {
            return drainedSinceMs == sinceMs && sourcePace == 0 && leaderEpoch == currentLeaderEpoch;
        }
    }

    /**
     * The way to a source, as one broker sees it.
     *
     * @param state ACTIVE, SOURCE_UNAVAILABLE or FAILED
     * @param reason why, naming the step that failed, with the remedy; null if ACTIVE
     * @param sinceMs when the state was entered, milliseconds since the epoch
     * @param throttle how long its fetchers have waited; null if none ever worked, or unknown
     */
    public record ObservedLink(String link, LinkState state, String reason, long sinceMs, ThrottleStatus throttle) {
        public ObservedLink(String link, LinkState state, String reason, long sinceMs) {
            this(link, state, reason, sinceMs, null);
        }

        public ObservedLink withThrottle(ThrottleStatus newThrottle) {
            return new ObservedLink(link, state, reason, sinceMs, newThrottle);
        }
    }
}
