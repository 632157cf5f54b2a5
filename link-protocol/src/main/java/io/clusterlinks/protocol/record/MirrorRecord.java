// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.MirrorState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A mirror topic: what an operator wants of it and the durable part of where it stands.
 *
 * @param version schema, see {@link StateRecord#VERSION}
 * @param link the link it belongs to
 * @param topic name at the destination
 * @param sourceTopic name at the source
 * @param topicId topic id at the destination, null until the topic was created
 * @param sourceTopicId topic id at the source, null where the source has none (before Kafka 2.8)
 * @param partitions number of partitions
 * @param initialPartitions number of partitions when the mirror was created; those added since start at the earliest
 *     offset, whatever {@code startOffsetSpec} says: nothing in them is older than the mirror
 * @param replicationFactor at the destination, -1 for the destination's default
 * @param configs topic configs the topic is created with; those that follow the source as they were last known to be here
 * @param startOffsetSpec {@code earliest}, {@code latest} or an ISO-8601 instant; where the initial partitions start
 * @param startOffsets what {@code startOffsetSpec} meant at the source when the mirror was created, by partition; empty
 *     for {@code earliest}, which means the earliest that there is when a partition starts
 * @param adopted whether the topic was here before the mirror: its log must equal the source's before the mirror goes on
 * @param state durable state, never SOURCE_UNAVAILABLE
 * @param stop how the mirror is being stopped, {@link StopMode#NONE} unless PENDING_STOPPED or STOPPED
 * @param resumeState state to go back to if a promotion is given up: ACTIVE or PAUSED; null unless PENDING_STOPPED
 * @param reason why the state is what it is, with the remedy; null when there is nothing to say
 * @param sinceMs when the state was entered, milliseconds since the epoch
 * @param events the last {@link #MAX_EVENTS} events, oldest first
 */
public record MirrorRecord(
        int version,
        String link,
        String topic,
        String sourceTopic,
        String topicId,
        String sourceTopicId,
        int partitions,
        int initialPartitions,
        short replicationFactor,
        Map<String, String> configs,
        String startOffsetSpec,
        List<Long> startOffsets,
        boolean adopted,
        MirrorState state,
        StopMode stop,
        MirrorState resumeState,
        String reason,
        long sinceMs,
        List<LinkEvent> events)
        implements StateRecord {
    public static final int MAX_EVENTS = 20;

    /** How a mirror is being stopped. */
    public enum StopMode {
        NONE,
        /** Promotion, first phase: partitions go on fetching until every one is level with the source. */
        DRAIN,
        /** Second phase of promotion: every partition was level; partitions stop now. */
        PROMOTE,
        /** Failover: partitions stop now with what is here. */
        FAILOVER;

        /** Whether partitions must stop fetching and carry out the stop steps. */
        public boolean isFinal() {
            return this == PROMOTE || this == FAILOVER;
        }
    }

    public MirrorRecord {
        configs = Map.copyOf(configs);
        startOffsets = startOffsets == null ? List.of() : List.copyOf(startOffsets);
        events = List.copyOf(events);
    }

    /** Whether it is not known yet that the log of the topic, which was here before, equals the source's. */
    public boolean awaitsComparison() {
        return adopted && state == MirrorState.INITIALIZING;
    }

    @Override
    public StateKey key() {
        return new StateKey.OfMirror(topic);
    }

    /** The mirror in another state, entered at {@code nowMs}, not being stopped. */
    public MirrorRecord withState(MirrorState newState, String newReason, long nowMs) {
        return with(topicId, newState, StopMode.NONE, null, newReason, nowMs, events);
    }

    /** The mirror being stopped in that way. */
    public MirrorRecord withStop(StopMode newStop, String newReason, long nowMs) {
        MirrorState back = state == MirrorState.PENDING_STOPPED ? resumeState : begun();
        return with(topicId, MirrorState.PENDING_STOPPED, newStop, back, newReason, nowMs, events);
    }

    /** Its topic may be there when the stop is given up, and then nothing would take it out of INITIALIZING any more. */
    private MirrorState begun() {
        return state == MirrorState.INITIALIZING ? MirrorState.ACTIVE : state;
    }

    /** The mirror after its last step: an ordinary topic. */
    public MirrorRecord stopped(String newReason, long nowMs) {
        return with(topicId, MirrorState.STOPPED, stop, null, newReason, nowMs, events);
    }

    /** The mirror that was to be adopted and is not: an ordinary topic, as before. */
    public MirrorRecord notAdopted(String why, long nowMs) {
        return with(topicId, MirrorState.STOPPED, StopMode.NONE, null, why, nowMs, events);
    }

    /** The mirror with the id its topic was given. */
    public MirrorRecord withTopicId(String newTopicId) {
        return with(newTopicId, state, stop, resumeState, reason, sinceMs, events);
    }

    /** The mirror with one more event, the oldest dropped if there are too many. */
    public MirrorRecord withEvent(LinkEvent event) {
        List<LinkEvent> all = new ArrayList<>(events);
        all.add(event);
        List<LinkEvent> last = all.subList(Math.max(0, all.size() - MAX_EVENTS), all.size());
        return with(topicId, state, stop, resumeState, reason, sinceMs, last);
    }

    /**
     * Whether {@code sourceId} may be the topic id of what is mirrored; null where the source has none. One that had none when
     * the mirror was created, before Kafka 2.8, may have got it since.
     */
    public boolean mayMirror(String sourceId) {
        return sourceTopicId == null || sourceTopicId.equals(sourceId);
    }

    /** The mirror with the topic id, if it had none, the configs and the number of partitions that its source has now. */
    public MirrorRecord following(String sourceId, Map<String, String> newConfigs, int newPartitions) {
        return new MirrorRecord(
                version,
                link,
                topic,
                sourceTopic,
                topicId,
                sourceTopicId == null ? sourceId : sourceTopicId,
                newPartitions,
                initialPartitions,
                replicationFactor,
                newConfigs,
                startOffsetSpec,
                startOffsets,
                adopted,
                state,
                stop,
                resumeState,
                reason,
                sinceMs,
                events);
    }

    private MirrorRecord with(
            String newTopicId,
            MirrorState newState,
            StopMode newStop,
            MirrorState newResumeState,
            String newReason,
            long newSinceMs,
            List<LinkEvent> newEvents) {
        return new MirrorRecord(
                version,
                link,
                topic,
                sourceTopic,
                newTopicId,
                sourceTopicId,
                partitions,
                initialPartitions,
                replicationFactor,
                configs,
                startOffsetSpec,
                startOffsets,
                adopted,
                newState,
                newStop,
                newResumeState,
                newReason,
                newSinceMs,
                newEvents);
    }
}
