// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** State records for tests. */
public final class Records {
    public static final String LINK = "east";
    public static final String TOPIC = "orders";

    private Records() {}

    public static LinkRecord link() {
        return new LinkRecord(1, LINK, "source-cluster", Map.of("bootstrap.servers", "localhost:1"), false, 1);
    }

    public static MirrorRecord mirror(MirrorState state, StopMode stop) {
        return mirror("source-id", state, stop);
    }

    public static MirrorRecord mirror(String sourceTopicId, MirrorState state, StopMode stop) {
        return mirror(TOPIC, sourceTopicId, state, stop);
    }

    public static MirrorRecord mirror(String topic, String sourceTopicId, MirrorState state, StopMode stop) {
        return new MirrorRecord(
                1,
                LINK,
                topic,
                topic,
                "topic-id",
                sourceTopicId,
                2,
                2,
                (short) -1,
                Map.of(),
                "earliest",
                List.of(),
                false,
                state,
                stop,
                null,
                null,
                1,
                List.of());
    }

    public static PartitionRecord partition(int partition, Phase phase) {
        return PartitionRecord.first(TOPIC, partition, "topic-id", 5).toBuilder()
                .startOffset(0)
                .lineage(List.of(new SourceEpoch(0, 0)))
                .phase(phase, null)
                .build();
    }

    public static LinkImage image(StateRecord... records) {
        List<Change> changes = Arrays.stream(records).map(Change::put).toList();
        return LinkImage.EMPTY.apply(changes, changes.size());
    }
}
