// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.Records;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceOffsets;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.OffsetSync.LastRead;
import io.clusterlinks.sync.OffsetSync.LastSync;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class OffsetSyncTest {
    private static final String GROUP = "billing";
    private static final Map<TopicPartition, OffsetAndMetadata> POSITIONS =
            Map.of(new TopicPartition(Records.TOPIC, 0), new OffsetAndMetadata(5));
    private static final LinkConfig CONFIG = LinkConfig.parse(Map.of(
            "bootstrap.servers",
            "localhost:1",
            LinkConfig.OFFSET_SYNC_ENABLE,
            "true",
            LinkConfig.GROUP_FILTERS,
            "{\"groupFilters\":[{\"name\":\"*\",\"patternType\":\"LITERAL\",\"filterType\":\"INCLUDE\"}]}"));

    private Set<String> groups = Set.of(GROUP);
    private boolean sourceIsSilent;
    private LinkImage image = Records.image(Records.link(), Records.mirror(MirrorState.ACTIVE, StopMode.NONE));
    private final OffsetSync sync = new OffsetSync(
            GroupKind.CONSUMER,
            new NoGroups(),
            decision -> {
                image = image.apply(decision.decide(image), image.nextOffset() + 1);
                return CompletableFuture.completedFuture(image);
            },
            () -> image,
            (all, mirror, partition) -> Optional.empty(),
            new ManualTime());

    /** What its groups committed in the last seconds would be delivered once more. */
    @Test
    void aPromotionTriesAgainIfTheSourceDoesNotAnswerTheLastTime() {
        groups = Set.of();
        assertThat(last(true).complete()).isTrue();

        sourceIsSilent = true;
        assertThat(last(true).complete()).isFalse();
        assertThat(last(true).summary()).contains("did not answer now (no broker answers)");
        assertThat(last(false).complete()).isTrue();
    }

    /** Its consumers were said to be in conflict with the link, and somebody should stop them. */
    @Test
    void aGroupThatHasMovedHereIsNobodysConflict() {
        sync.run(context());
        assertThat(sync.following(Records.LINK)).hasSize(1);

        MirrorRecord stopped = Records.mirror(MirrorState.STOPPED, StopMode.PROMOTE);
        image = Records.image(Records.link(), stopped);

        assertThat(sync.following(Records.LINK)).isEmpty();
        assertThat(sync.counts(Records.LINK)).isEqualTo(Map.<GroupOffsetState, Integer>of());
        assertThat(sync.groups(Records.LINK)).singleElement().satisfies(group -> assertThat(group.reason())
                .contains("topics of their own now"));
    }

    private LastSync last(boolean needed) {
        return sync.finish(
                        context(),
                        Set.of(Records.TOPIC),
                        Optional.of(new LastRead(true, needed, Duration.ofSeconds(1))))
                .get(Records.TOPIC);
    }

    private SyncContext context() {
        SourceAdmin source = (SourceAdmin) Proxy.newProxyInstance(
                SourceAdmin.class.getClassLoader(), new Class<?>[] {SourceAdmin.class}, (proxy, method, arguments) -> {
                    if (sourceIsSilent) {
                        throw LinkException.unavailable("no broker answers");
                    }
                    return switch (method.getName()) {
                        case "groups" -> groups;
                        case "seesAllGroups" -> true;
                        case "groupLogEnds" -> Map.of();
                        case "committedOffsets" ->
                            new SourceOffsets(
                                    groups.stream().collect(toMap(group -> group, group -> POSITIONS)), Map.of());
                        default -> null;
                    };
                });
        return new SyncContext(image, Records.link(), CONFIG, source);
    }

    /** A cluster in which no broker is asked for groups. */
    private static final class NoGroups extends BareBroker {
        @Override
        public Map<String, Object> settings() {
            return Map.of();
        }

        @Override
        public Set<Integer> liveBrokers() {
            return Set.of();
        }
    }
}
