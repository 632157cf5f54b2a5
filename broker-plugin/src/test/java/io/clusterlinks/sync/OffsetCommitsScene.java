// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.ManualTime;
import io.clusterlinks.Records;
import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceOffsets;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.PartitionBounds.Bounds;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** What consumer groups of a source are committed here, with one mirror partition and one group. */
abstract class OffsetCommitsScene {
    static final String GROUP = "billing";
    static final TopicPartition PARTITION = new TopicPartition(Records.TOPIC, 0);
    static final long REFRESH_MS = 100_000;

    final ManualTime time = new ManualTime();
    final FakeGroups local = new FakeGroups();
    final Map<TopicPartition, Bounds> bounds = new HashMap<>();
    final OffsetCommits commits = commits(REFRESH_MS);
    final GroupTable table = new GroupTable();
    MirrorRecord mirror = Records.mirror(MirrorState.ACTIVE, StopMode.NONE);

    OffsetCommits commits(long refreshMs) {
        return new OffsetCommits(
                local,
                (image, mirror, id) -> Optional.ofNullable(bounds.get(new TopicPartition(mirror.topic(), id))),
                time,
                refreshMs);
    }

    void source(long offset) {
        source(new OffsetAndMetadata(offset));
    }

    void source(OffsetAndMetadata offset) {
        update(Map.of(GROUP, Map.of(PARTITION, offset)));
    }

    void update(Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets) {
        table.update(
                "",
                Set.of(),
                offsets.keySet(),
                new SourceOffsets(offsets, Map.of()),
                Map.of(Records.TOPIC, List.of(mirror)));
    }

    void apply() {
        LinkImage image = Records.image(Records.link(), mirror);
        commits.apply(image, table, Set.of());
    }

    /** As when the mirror stops. */
    void applyLast() {
        commits.apply(Records.image(Records.link(), mirror), table, Set.of(Records.TOPIC));
    }

    long here() {
        return local.committed.get(GROUP).get(PARTITION).offset();
    }

    GroupOffsetState state() {
        return table.groups().get(GROUP).state();
    }
}
