// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import static org.apache.kafka.server.common.TransactionVersion.TV_0;
import static org.apache.kafka.server.common.TransactionVersion.TV_2;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import scala.Function1;

class HookBridgeTest {
    private static final TopicPartition ORDINARY = new TopicPartition("ordinary", 0);
    private static final TopicPartition MIRROR = new TopicPartition("mirror", 0);

    @AfterEach
    void noBroker() {
        HookBridge.hooks(null);
    }

    @Test
    void nothingHappensWithoutABroker() {
        Object notOfTheBroker = new Object();

        HookBridge.brokerStarting(notOfTheBroker);
        HookBridge.brokerJoining();
        HookBridge.brokerStarted(notOfTheBroker);
        HookBridge.brokerStopping(notOfTheBroker);
        HookBridge.beforeAppend(notOfTheBroker, notOfTheBroker, notOfTheBroker);
        HookBridge.beforeDeleteRecords(notOfTheBroker);

        assertThat(HookBridge.refusals(notOfTheBroker)).isNull();
        assertThat(HookBridge.transactionPartitions(notOfTheBroker)).isSameAs(notOfTheBroker);
        assertThat(HookBridge.ignoresRecordSize(notOfTheBroker, notOfTheBroker)).isFalse();
        assertThat(HookBridge.intercept(notOfTheBroker, notOfTheBroker)).isFalse();
    }

    @Test
    void idleFenceIsNotAskedAboutPartitions() {
        HookBridge.hooks(new FencedHooks(WriteFence.OPEN));
        Object notOfTheBroker = new Object();

        HookBridge.beforeAppend(notOfTheBroker, notOfTheBroker, notOfTheBroker);

        assertThat(HookBridge.refusals(notOfTheBroker)).isNull();
    }

    @Test
    void transactionDoesNotLearnOfFencedPartitions() {
        HookBridge.hooks(new FencedHooks(new MirrorFence()));
        Set<TopicPartition> requested = Set.of(ORDINARY, MIRROR);

        assertThat(HookBridge.transactionPartitions(requested)).isEqualTo(Set.of(ORDINARY));
        assertThat(requested).contains(MIRROR);
    }

    /** A broker that said yes for a partition it left out would make the client's next produce fail for good. */
    @Test
    void transactionWaitsForABrokerThatDoesNotKnowItsMirrorsYet() {
        HookBridge.hooks(new FencedHooks(new RestartedFence()));
        List<Errors> answers = new ArrayList<>();
        Function1<Errors, Object> callback = answers::add;

        assertThat(HookBridge.postponesTransaction(Set.of(ORDINARY), callback, TV_0))
                .isFalse();
        assertThat(HookBridge.postponesTransaction(Set.of(ORDINARY, MIRROR), callback, TV_0))
                .isTrue();
        assertThat(answers).containsExactly(Errors.COORDINATOR_LOAD_IN_PROGRESS);

        HookBridge.hooks(new FencedHooks(new MirrorFence()));
        assertThat(HookBridge.postponesTransaction(Set.of(MIRROR), callback, TV_0))
                .isFalse();
    }

    /** Left out, the partition's leader, which asks since it takes the topic for an ordinary one, would append for good. */
    @Test
    void transactionOfVersionTwoWaitsUntilBrokersAgreeOnWhatIsAMirror() {
        HookBridge.hooks(new FencedHooks(new MirrorFence()));
        List<Errors> answers = new ArrayList<>();
        Function1<Errors, Object> callback = answers::add;

        assertThat(HookBridge.postponesTransaction(Set.of(ORDINARY), callback, TV_2))
                .isFalse();
        assertThat(HookBridge.postponesTransaction(Set.of(MIRROR), callback, TV_2))
                .isTrue();
        assertThat(answers).containsExactly(Errors.COORDINATOR_LOAD_IN_PROGRESS);
    }

    @Test
    void transactionWithoutFencedPartitionsIsLeftAlone() {
        HookBridge.hooks(new FencedHooks(new MirrorFence()));
        Set<TopicPartition> requested = Set.of(ORDINARY);

        assertThat(HookBridge.transactionPartitions(requested)).isSameAs(requested);
    }

    private static final class RestartedFence implements WriteFence {
        @Override
        public boolean isIdle() {
            return false;
        }

        @Override
        public Optional<ApiException> refusal(String topic, int partition) {
            return topic.equals(MIRROR.topic())
                    ? Optional.of(new NotEnoughReplicasException("not known yet"))
                    : Optional.empty();
        }
    }

    private static final class MirrorFence implements WriteFence {
        @Override
        public boolean isIdle() {
            return false;
        }

        @Override
        public Optional<ApiException> refusal(String topic, int partition) {
            return topic.equals("mirror") ? Optional.of(new PolicyViolationException("read-only")) : Optional.empty();
        }
    }
}
