// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.guard;

import static io.clusterlinks.Records.LINK;
import static io.clusterlinks.Records.TOPIC;
import static io.clusterlinks.Records.image;
import static io.clusterlinks.Records.link;
import static io.clusterlinks.Records.mirror;
import static io.clusterlinks.Records.partition;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.Test;

class MirrorFenceTest {
    @Test
    void writesToAMirrorAreRefusedNamingTopicAndLink() {
        MirrorFence fence = new MirrorFence(image(link(), mirror(MirrorState.ACTIVE, StopMode.NONE)), true);

        assertThat(fence.refusal(TOPIC, 0)).get().isInstanceOf(PolicyViolationException.class);
        assertThat(fence.refusal(TOPIC, 0).orElseThrow()).hasMessageContainingAll("'" + TOPIC + "'", "'" + LINK + "'");
        assertThat(fence.refusal("other", 0)).isEmpty();
    }

    @Test
    void aMirrorIsFencedBeforeItsTopicExistsAndWhilePausedOrFailed() {
        for (MirrorState state : MirrorState.values()) {
            MirrorFence fence = new MirrorFence(image(link(), mirror(state, StopMode.NONE)), true);

            assertThat(fence.refusal(TOPIC, 1).isPresent()).as(state.name()).isEqualTo(state != MirrorState.STOPPED);
        }
    }

    @Test
    void aStoppedPartitionIsReleasedBeforeTheOthers() {
        MirrorFence fence = new MirrorFence(
                image(
                        link(),
                        mirror(MirrorState.PENDING_STOPPED, StopMode.FAILOVER),
                        partition(0, Phase.STOPPED),
                        partition(1, Phase.STOPPING)),
                true);

        assertThat(fence.refusal(TOPIC, 0)).isEmpty();
        assertThat(fence.refusal(TOPIC, 1)).isPresent();
        assertThat(fence.refusal(TOPIC, -1)).isPresent();
    }

    @Test
    void beforeTheStateWasReadAgainWritersAreAskedToRetry() {
        MirrorFence fence = new MirrorFence(image(link(), mirror(MirrorState.ACTIVE, StopMode.NONE)), false);

        assertThat(fence.refusal(TOPIC, 0)).get().isInstanceOf(RetriableException.class);
        assertThat(fence.refusal("other", 0)).isEmpty();
    }

    @Test
    void theStateTopicIsAlwaysFenced() {
        assertThat(new MirrorFence(image(), true).refusal("__cluster_links", 0))
                .get()
                .isInstanceOf(PolicyViolationException.class);
    }
}
