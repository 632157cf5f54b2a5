// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.Records;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.RequestChannel;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.TaskItem;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceTopic;
import io.clusterlinks.source.SourceTopics;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.StateCommitter;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopicSyncTest {
    private static final Uuid ID = Uuid.ONE_UUID;
    private static final LinkConfig CONFIG = LinkConfig.parse(Map.of("bootstrap.servers", "localhost:1"));

    private final Destination destination = new Destination();
    private LinkImage image = Records.image(Records.link());
    private final TopicSync sync = new TopicSync(destination, this::commit, new ManualTime());

    private CompletableFuture<LinkImage> commit(StateCommitter.Decision decision) {
        image = image.apply(decision.decide(image), image.nextOffset() + 1);
        return CompletableFuture.completedFuture(image);
    }

    @BeforeEach
    void mirrorWithTwoPartitionsAndNoConfigs() {
        MirrorRecord mirror = Records.mirror(MirrorState.ACTIVE, StopMode.NONE).withTopicId(ID.toString());
        commit(now -> List.of(LinkImage.Change.put(mirror)));
    }

    /** The record had the new number of partitions by then: a promotion waited for partitions that nobody added. */
    @Test
    void aRefusedConfigDoesNotKeepPartitionsFromGrowing() {
        destination.refused = "retention.ms";

        run(5, Map.of("retention.ms", "1"));

        assertThat(destination.partitions).isEqualTo(5);
        assertThat(mirror().partitions()).isEqualTo(5);
    }

    /** Else the promotion would wait for them for ever. */
    @Test
    void aMirrorThatIsPromotedStillGrows() {
        commit(now -> List.of(LinkImage.Change.put(mirror().withStop(StopMode.DRAIN, null, 1))));

        run(5, Map.of());

        assertThat(destination.partitions).isEqualTo(5);
        assertThat(mirror().partitions()).isEqualTo(5);
        assertThat(mirror().stop()).isEqualTo(StopMode.DRAIN);
    }

    /** A source that was upgraded to Kafka 2.8 has ids now; partitions and configs did not follow any more. */
    @Test
    void anIdThatTheSourceHasGotIsTakenOver() {
        MirrorRecord old =
                Records.mirror(null, MirrorState.ACTIVE, StopMode.NONE).withTopicId(ID.toString());
        commit(now -> List.of(LinkImage.Change.put(old)));

        run(2, Map.of());
        assertThat(mirror().sourceTopicId()).isEqualTo("source-id");
        assertThat(mirror().mayMirror("another")).isFalse();
        run(5, Map.of());
        assertThat(destination.partitions).isEqualTo(5);
    }

    @Test
    void aMirrorThatStopsDoesNotGrowAnyMore() {
        commit(now -> List.of(LinkImage.Change.put(mirror().withStop(StopMode.PROMOTE, null, 1))));

        run(5, Map.of());

        assertThat(destination.partitions).isEqualTo(2);
    }

    /** A promotion waits for another run, but not for a config that this cluster does not allow. */
    @Test
    void aRunIsNotCompleteIfTheControllerHasNotAnswered() {
        destination.refused = "retention.ms";
        assertThat(run(2, Map.of("retention.ms", "1")).complete()).isTrue();

        destination.refusal = Errors.NOT_CONTROLLER;
        assertThat(run(2, Map.of("retention.ms", "1")).complete()).isFalse();

        destination.refused = "none";
        assertThat(run(2, Map.of("retention.ms", "1")).complete()).isTrue();
        assertThat(destination.configs).isEqualTo(Map.of("retention.ms", "1"));
    }

    @Test
    void onlyTheRefusedConfigLagsAndIsNamedWithTheReason() {
        destination.refused = "retention.ms";

        TaskOutcome outcome = run(2, Map.of("retention.ms", "1", "segment.ms", "2", "cleanup.policy", "compact"));

        assertThat(destination.configs).isEqualTo(Map.of("segment.ms", "2", "cleanup.policy", "compact"));
        assertThat(mirror().configs()).isEqualTo(destination.configs);
        assertThat(outcome.changed()).isEqualTo(1);
        assertThat(outcome.troubles()).singleElement().satisfies(item -> {
            assertThat(item.state()).isEqualTo("FAILED");
            assertThat(item.message()).contains("'retention.ms'").contains("not by our policy");
        });
    }

    /** Every run wrote an event that the config was changed here and put back, when nobody had and nothing was. */
    @Test
    void whatWasNeverAppliedIsNotReportedAsEdited() {
        destination.refused = "retention.ms";
        run(2, Map.of("retention.ms", "1"));

        TaskOutcome again = run(2, Map.of("retention.ms", "1"));

        assertThat(mirror().events()).isEmpty();
        assertThat(again.troubles()).extracting(TaskItem::state).containsExactly("FAILED");
    }

    @Test
    void anEditThatCannotBePutBackIsToldOnce() {
        run(2, Map.of("retention.ms", "1"));
        destination.configs.put("retention.ms", "9");
        destination.refused = "retention.ms";

        run(2, Map.of("retention.ms", "1"));
        run(2, Map.of("retention.ms", "1"));

        assertThat(mirror().events())
                .extracting(LinkEvent::message)
                .singleElement()
                .asString()
                .contains("retention.ms");
    }

    @Test
    void anEditIsPutBackAndTold() {
        run(2, Map.of("retention.ms", "1"));
        destination.configs.put("retention.ms", "9");

        TaskOutcome outcome = run(2, Map.of("retention.ms", "1"));

        assertThat(destination.configs).isEqualTo(Map.of("retention.ms", "1"));
        assertThat(outcome.troubles()).extracting(TaskItem::state).containsExactly("EDITED_HERE");
        assertThat(mirror().events()).hasSize(1);
        assertThat(run(2, Map.of("retention.ms", "1")).troubled()).isZero();
    }

    private MirrorRecord mirror() {
        return image.mirror(Records.TOPIC).orElseThrow();
    }

    private TaskOutcome run(int partitions, Map<String, String> configs) {
        SourceTopic topic = new SourceTopic(Records.TOPIC, "source-id", partitions, configs);
        SourceAdmin source = (SourceAdmin) Proxy.newProxyInstance(
                SourceAdmin.class.getClassLoader(),
                new Class<?>[] {SourceAdmin.class},
                (proxy, method, arguments) -> method.getName().equals("requireCluster")
                        ? null
                        : new SourceTopics(Map.of(topic.name(), topic), Map.of()));
        return sync.run(new SyncContext(image, Records.link(), CONFIG, source));
    }

    /** One topic whose controller refuses to touch one config. */
    private static final class Destination extends BareBroker {
        private final Map<String, String> configs = new TreeMap<>();
        private int partitions = 2;
        private String refused = "none";
        private Errors refusal = Errors.POLICY_VIOLATION;

        @Override
        public Optional<TopicView> topic(String name) {
            PartitionView partition = new PartitionView(1, 0, List.of(1), List.of(1));
            return Optional.of(new TopicView(ID, name, new ArrayList<>(Collections.nCopies(partitions, partition))));
        }

        @Override
        public Map<String, String> topicConfigs(String name) {
            return Map.copyOf(configs);
        }

        @Override
        public RequestChannel controller() {
            return request -> CompletableFuture.completedFuture(answer(request.build()));
        }

        private AbstractResponse answer(AbstractRequest request) {
            if (request instanceof CreatePartitionsRequest create) {
                partitions = create.data().topics().iterator().next().count();
                CreatePartitionsResponseData data = new CreatePartitionsResponseData();
                data.results().add(new CreatePartitionsTopicResult().setName(Records.TOPIC));
                return new CreatePartitionsResponse(data);
            }
            AlterConfigsResource wanted = ((IncrementalAlterConfigsRequest) request)
                    .data()
                    .resources()
                    .iterator()
                    .next();
            AlterConfigsResourceResponse result = new AlterConfigsResourceResponse();
            if (wanted.configs().stream().anyMatch(config -> config.name().equals(refused))) {
                result.setErrorCode(refusal.code()).setErrorMessage("not by our policy");
            } else {
                wanted.configs().forEach(config -> {
                    if (config.configOperation() == OpType.DELETE.id()) {
                        configs.remove(config.name());
                    } else {
                        configs.put(config.name(), config.value());
                    }
                });
            }
            IncrementalAlterConfigsResponseData data = new IncrementalAlterConfigsResponseData();
            data.responses().add(result);
            return new IncrementalAlterConfigsResponse(data);
        }
    }
}
