// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.ManualTime;
import io.clusterlinks.Records;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.RequestChannel;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.StateCommitter;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.junit.jupiter.api.Test;

class MirrorCreationTest {
    private static final Uuid ID = new Uuid(1, 1);
    private static final MirrorRecord MIRROR =
            Records.mirror(MirrorState.ACTIVE, StopMode.NONE).withTopicId(ID.toString());

    private final Cluster cluster = new Cluster();
    private final MirrorRecord wanted =
            Records.mirror(MirrorState.INITIALIZING, StopMode.NONE).withTopicId(null);
    private LinkException failure;
    private LinkImage image = Records.image(Records.link(), wanted);
    private final MirrorCreation creation = new MirrorCreation(
            cluster,
            this::commit,
            new BrokerReports(cluster, new ManualTime()),
            new TopicCreator(cluster),
            new ManualTime());

    private CompletableFuture<LinkImage> commit(StateCommitter.Decision decision) {
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        image = image.apply(decision.decide(image), image.nextOffset() + 1);
        return CompletableFuture.completedFuture(image);
    }

    /** A client that asks for a topic has brokers create it: the mirror was INITIALIZING, and the topic fenced, for good. */
    @Test
    void aTopicOfAnotherShapeThatCameMeanwhileEndsTheMirror() {
        cluster.answer = Errors.TOPIC_ALREADY_EXISTS;
        cluster.known = Optional.of(ID);
        cluster.partitions = 1;

        creation.resume(image, wanted);

        assertThat(image.mirror(wanted.topic())).isEmpty();
    }

    @Test
    void aTopicThatAnAttemptWithoutAnAnswerCreatedIsTheMirrors() {
        cluster.answer = Errors.TOPIC_ALREADY_EXISTS;
        cluster.known = Optional.of(ID);
        cluster.partitions = wanted.partitions();

        creation.resume(image, wanted);

        assertThat(image.mirror(wanted.topic())).hasValueSatisfying(mirror -> {
            assertThat(mirror.topicId()).isEqualTo(ID.toString());
            assertThat(mirror.state()).isEqualTo(MirrorState.ACTIVE);
        });
    }

    /** A mirror that was created again right after its topic was deleted was answered as done, and there was none. */
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

    /** The broker that asks repeats what it may: the mirror is not being created by somebody else. */
    @Test
    void aCreationThatHasFailedDoesNotStandInTheWayOfTheNext() {
        failure = new LinkException(Errors.COORDINATOR_LOAD_IN_PROGRESS, "reading");
        image = Records.image(Records.link());
        StateCommitter.Decision put = now -> List.of(LinkImage.Change.put(wanted));
        assertThatThrownBy(creation.start(wanted, put)::join).hasRootCauseMessage("reading");

        failure = null;
        creation.start(wanted, put).join();

        assertThat(image.mirror(wanted.topic())).isPresent();
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
        private int partitions;

        @Override
        public Set<Integer> liveBrokers() {
            return Set.of();
        }

        @Override
        public Optional<TopicView> topic(String name) {
            PartitionView view = new PartitionView(1, 0, List.of(1), List.of(1));
            return known.map(id -> new TopicView(id, name, Collections.nCopies(partitions, view)));
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
