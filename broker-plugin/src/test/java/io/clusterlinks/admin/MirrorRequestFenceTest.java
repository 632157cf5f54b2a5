// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.Records;
import io.clusterlinks.guard.MirrorFence;
import io.clusterlinks.host.InterceptedRequest;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.StateTopic;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.RequestContext;
import org.junit.jupiter.api.Test;

/** Mirror topic "orders" and topic "ordinary"; of what reaches the controller it says that it is none. */
class MirrorRequestFenceTest {
    private static final LinkImage IMAGE =
            Records.image(Records.link(), Records.mirror(MirrorState.ACTIVE, StopMode.NONE));

    private final MirrorRequestFence fence =
            new MirrorRequestFence(() -> new MirrorFence(IMAGE, true), () -> IMAGE, id -> Optional.empty());

    @Test
    void partitionsAreAddedToOrdinaryTopicsOnly() {
        Asked both = ask(createPartitions("orders", "ordinary"));
        assertThat(((CreatePartitionsRequest) both.forwarded).data().topics())
                .extracting(CreatePartitionsTopic::name)
                .containsExactly("ordinary");
        assertThat(both.errors()).isEqualTo(Map.of(Errors.NOT_CONTROLLER, 1, Errors.POLICY_VIOLATION, 1));

        Asked mirror = ask(createPartitions("orders"));
        assertThat(mirror.forwarded).isNull();
        assertThat(mirror.errors()).isEqualTo(Map.of(Errors.POLICY_VIOLATION, 1));
    }

    @Test
    void configsThatFollowTheSourceAreNotChanged() {
        Asked both = ask(alterConfigs("cleanup.policy", "orders", "ordinary"));
        assertThat(((IncrementalAlterConfigsRequest) both.forwarded).data().resources())
                .extracting(AlterConfigsResource::resourceName)
                .containsExactly("ordinary");
        assertThat(both.errors()).isEqualTo(Map.of(Errors.NOT_CONTROLLER, 1, Errors.POLICY_VIOLATION, 1));

        assertThat(ask(alterConfigs("cleanup.policy", "orders")).errors())
                .isEqualTo(Map.of(Errors.POLICY_VIOLATION, 1));
    }

    /** The controller would take what a broker would have refused, and know no loggers. */
    @Test
    void configsOfBrokersAreNotPassedOnUnchecked() {
        IncrementalAlterConfigsRequest request =
                (IncrementalAlterConfigsRequest) alterConfigs("cleanup.policy", "orders", "ordinary");
        AlterConfigsResource broker = new AlterConfigsResource()
                .setResourceType(ConfigResource.Type.BROKER.id())
                .setResourceName("");
        request.data().resources().add(broker);

        Asked all = ask(request);

        assertThat(all.forwarded).isNull();
        assertThat(all.errors()).isEqualTo(Map.of(Errors.POLICY_VIOLATION, 3));
    }

    @Test
    void namesOfMirrorsAndLinksAreTaken() {
        Asked all = ask(createTopics("orders", "__cluster_link.west", "ordinary"));
        assertThat(((CreateTopicsRequest) all.forwarded).data().topics())
                .extracting(CreatableTopic::name)
                .containsExactly("ordinary");
        assertThat(all.errors())
                .isEqualTo(Map.of(
                        Errors.NOT_CONTROLLER, 1, Errors.TOPIC_ALREADY_EXISTS, 1, Errors.INVALID_TOPIC_EXCEPTION, 1));

        assertThat(ask(createTopics("orders")).errors()).isEqualTo(Map.of(Errors.TOPIC_ALREADY_EXISTS, 1));
    }

    /** Who deleted the topic and created it again was told for seconds that it exists. */
    @Test
    void theNameOfAMirrorThatHasStoppedIsNot() {
        LinkImage stopped = Records.image(Records.link(), Records.mirror(MirrorState.STOPPED, StopMode.FAILOVER));
        MirrorRequestFence later =
                new MirrorRequestFence(() -> new MirrorFence(stopped, true), () -> stopped, id -> Optional.empty());

        assertThat(later.intercept(new Asked(createTopics("orders")))).isFalse();
    }

    @Test
    void theStateTopicIsNotDeleted() {
        Asked both = ask(deleteTopics(StateTopic.NAME, "ordinary"));
        assertThat(((DeleteTopicsRequest) both.forwarded).topicNames()).containsExactly("ordinary");
        assertThat(both.errors()).isEqualTo(Map.of(Errors.NOT_CONTROLLER, 1, Errors.POLICY_VIOLATION, 1));

        Asked state = ask(deleteTopics(StateTopic.NAME));
        assertThat(state.forwarded).isNull();
        assertThat(state.errors()).isEqualTo(Map.of(Errors.POLICY_VIOLATION, 1));
    }

    @Test
    void whatConcernsNoMirrorIsLeftToTheBroker() {
        for (AbstractRequest request : List.of(
                createPartitions("ordinary"),
                alterConfigs("cleanup.policy", "ordinary"),
                alterConfigs("retention.ms", "orders"),
                createTopics("ordinary"),
                deleteTopics("ordinary", "orders"))) {
            assertThat(fence.intercept(new Asked(request))).as("%s", request).isFalse();
        }
    }

    /** A broker that stops serves requests for seconds after its plugin has stopped: all went through to the controller. */
    @Test
    void aBrokerThatStopsKeepsMirrorsAsTheyAre() {
        MirrorRequestFence last =
                new MirrorRequestFence(() -> new MirrorFence(IMAGE, false), () -> IMAGE, id -> Optional.empty());
        Map<AbstractRequest, Errors> refused = Map.of(
                createPartitions("orders"), Errors.NOT_ENOUGH_REPLICAS,
                alterConfigs("cleanup.policy", "orders"), Errors.NOT_ENOUGH_REPLICAS,
                deleteTopics(StateTopic.NAME), Errors.POLICY_VIOLATION,
                alterConfigs("retention.ms", "__cluster_link.west"), Errors.COORDINATOR_LOAD_IN_PROGRESS);

        refused.forEach((request, error) -> {
            Asked asked = new Asked(request);
            assertThat(AdminInterceptor.interceptWithoutLinks(asked, last)).isTrue();
            assertThat(asked.errors()).isEqualTo(Map.of(error, 1));
        });
        assertThat(AdminInterceptor.interceptWithoutLinks(new Asked(createPartitions("ordinary")), last))
                .isFalse();
    }

    /** {@code kafka-topics.sh --describe} failed on every cluster that had a link. */
    @Test
    void whoDescribesAllTopicsDescribesTheStateTopicAsOne() {
        MirrorRequestFence last =
                new MirrorRequestFence(() -> new MirrorFence(IMAGE, false), () -> IMAGE, id -> Optional.empty());

        assertThat(AdminInterceptor.interceptWithoutLinks(new Asked(describeConfigs("orders", StateTopic.NAME)), last))
                .isFalse();
        assertThat(AdminInterceptor.interceptWithoutLinks(new Asked(describeConfigs()), last))
                .isFalse();

        Asked links = new Asked(describeConfigs(StateTopic.NAME, "__cluster_link.west"));
        assertThat(AdminInterceptor.interceptWithoutLinks(links, last)).isTrue();
        assertThat(links.errors()).isEqualTo(Map.of(Errors.COORDINATOR_LOAD_IN_PROGRESS, 2));
    }

    private Asked ask(AbstractRequest body) {
        Asked asked = new Asked(body);
        assertThat(fence.intercept(asked)).isTrue();
        return asked;
    }

    private static AbstractRequest createPartitions(String... topics) {
        CreatePartitionsRequestData data = new CreatePartitionsRequestData();
        for (String topic : topics) {
            data.topics().add(new CreatePartitionsTopic().setName(topic).setCount(9));
        }
        return new CreatePartitionsRequest.Builder(data).build();
    }

    private static AbstractRequest alterConfigs(String config, String... topics) {
        IncrementalAlterConfigsRequestData data = new IncrementalAlterConfigsRequestData();
        for (String topic : topics) {
            AlterConfigsResource resource = new AlterConfigsResource()
                    .setResourceType(ConfigResource.Type.TOPIC.id())
                    .setResourceName(topic);
            resource.configs().add(new AlterableConfig().setName(config).setConfigOperation(OpType.SET.id()));
            data.resources().add(resource);
        }
        return new IncrementalAlterConfigsRequest.Builder(data).build();
    }

    private static AbstractRequest describeConfigs(String... topics) {
        DescribeConfigsRequestData data = new DescribeConfigsRequestData();
        for (String topic : topics) {
            data.resources()
                    .add(new DescribeConfigsResource()
                            .setResourceType(ConfigResource.Type.TOPIC.id())
                            .setResourceName(topic));
        }
        return new DescribeConfigsRequest.Builder(data).build();
    }

    private static AbstractRequest createTopics(String... topics) {
        CreateTopicsRequestData data = new CreateTopicsRequestData();
        for (String topic : topics) {
            data.topics().add(new CreatableTopic().setName(topic).setNumPartitions(1));
        }
        return new CreateTopicsRequest.Builder(data).build();
    }

    private static AbstractRequest deleteTopics(String... topics) {
        DeleteTopicsRequestData data = new DeleteTopicsRequestData();
        for (String topic : topics) {
            data.topics().add(new DeleteTopicState().setName(topic));
        }
        return new DeleteTopicsRequest.Builder(data).build();
    }

    /** A request, and what became of it. */
    private static final class Asked implements InterceptedRequest {
        private final AbstractRequest body;
        private AbstractRequest forwarded;
        private AbstractResponse response;

        private Asked(AbstractRequest body) {
            this.body = body;
        }

        private Map<Errors, Integer> errors() {
            return response.errorCounts();
        }

        @Override
        public ApiKeys apiKey() {
            return body.apiKey();
        }

        @Override
        public RequestContext context() {
            throw new AssertionError("not asked for");
        }

        @Override
        public AbstractRequest body() {
            return body;
        }

        @Override
        public void respond(AbstractResponse answer) {
            assertThat(response).isNull();
            response = answer;
        }

        @Override
        public void forward(AbstractRequest rest, UnaryOperator<AbstractResponse> answer) {
            forwarded = rest;
            respond(answer.apply(rest.getErrorResponse(0, Errors.NOT_CONTROLLER.exception())));
        }
    }
}
