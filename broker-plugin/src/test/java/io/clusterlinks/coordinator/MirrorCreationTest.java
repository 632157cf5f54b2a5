// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.ManualTime;
import io.clusterlinks.Records;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.RequestChannel;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.junit.jupiter.api.Test;

/** A mirror that was created again right after its topic was deleted was answered as done, and there was none. */
class MirrorCreationTest {
    private static final Uuid ID = new Uuid(1, 1);
    private static final MirrorRecord MIRROR =
            Records.mirror(MirrorState.ACTIVE, StopMode.NONE).withTopicId(ID.toString());

    private final Cluster cluster = new Cluster();
    private final MirrorCreation creation =
            new MirrorCreation(cluster, null, null, new TopicCreator(cluster), new ManualTime());

    @Test
    void aTopicIsGoneWhenNeitherTheControllerNorThisBrokerHasIt() {
        assertThat(isThere(Errors.NONE, null)).isFalse();
    }

    @Test
    void aTopicIsThereThatTheControllerHasAndThisBrokerHasNotHeardOf() {
        assertThat(isThere(Errors.TOPIC_ALREADY_EXISTS, ID)).isTrue();
        assertThat(isThere(Errors.TOPIC_ALREADY_EXISTS, null)).isTrue();
    }

    @Test
    void aTopicWhoseEndOrSuccessorIsNotClearYetIsAskedForAgain() {
        for (CompletableFuture<Boolean> answer :
                List.of(ask(Errors.NONE, ID), ask(Errors.TOPIC_ALREADY_EXISTS, new Uuid(2, 2)))) {
            assertThatThrownBy(answer::join).hasMessageContaining("repeat the command");
        }
    }

    @Test
    void whereTheControllerDoesNotSayThisBrokersWordCounts() {
        assertThat(isThere(Errors.NOT_CONTROLLER, ID)).isTrue();
        CompletableFuture<Boolean> answer = ask(Errors.POLICY_VIOLATION, null);
        assertThatThrownBy(answer::join).hasMessageContaining("Cannot create mirror topic 'orders'");
    }

    private boolean isThere(Errors answer, Uuid known) {
        return ask(answer, known).join();
    }

    private CompletableFuture<Boolean> ask(Errors answer, Uuid known) {
        cluster.answer = answer;
        cluster.known = Optional.ofNullable(known);
        return creation.isThere(MIRROR);
    }

    private static final class Cluster extends BareBroker {
        private Errors answer = Errors.NONE;
        private Optional<Uuid> known = Optional.empty();

        @Override
        public Optional<TopicView> topic(String name) {
            return known.map(id -> new TopicView(id, name, List.of()));
        }

        @Override
        public RequestChannel controller() {
            return request -> {
                CreateTopicsResponseData data = new CreateTopicsResponseData();
                data.topics()
                        .add(new CreatableTopicResult().setName(MIRROR.topic()).setErrorCode(answer.code()));
                return CompletableFuture.completedFuture(new CreateTopicsResponse(data));
            };
        }
    }
}
