// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.ManualTime;
import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.coordinator.Entry;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.BrokerChannel;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.state.StateTopic;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.junit.jupiter.api.Test;

/** The coordinator is another broker, and what it answers is scripted. */
class CoordinatorRouterTest {
    private static final String SERVERS = "bootstrap.servers";
    private static final Alteration CREATE = new Alteration(
            new LinkResource.Link("east"),
            List.of(new Op("create", OpType.SET, "true"), new Op(SERVERS, OpType.SET, "wanted:9092")));

    private static final Alteration DELETE =
            new Alteration(new LinkResource.Link("east"), List.of(new Op("desired.state", OpType.SET, "DELETED")));
    private static final Alteration FAIL_OVER = new Alteration(
            new LinkResource.Mirror("east", "orders"), List.of(new Op("desired.state", OpType.SET, "FAILED_OVER")));

    private final Cluster cluster = new Cluster();
    private final CoordinatorRouter router = new CoordinatorRouter(cluster, null, atOnce(), new ManualTime());

    @Test
    void aLinkThatALostAttemptHasCreatedIsCreated() {
        cluster.lost();
        cluster.answer(Errors.DUPLICATE_RESOURCE);
        cluster.servers = "wanted:9092";

        assertThat(create(false)).isCompleted();
    }

    @Test
    void anotherLinkOfThatNameIsNot() {
        cluster.lost();
        cluster.answer(Errors.DUPLICATE_RESOURCE);
        cluster.servers = "other:9092";

        assertRefused(create(false));
    }

    @Test
    void aCoordinatorThatHadNotBegunHasCreatedNothing() {
        cluster.answer(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        cluster.answer(Errors.NOT_COORDINATOR);
        cluster.answer(Errors.DUPLICATE_RESOURCE);
        cluster.servers = "wanted:9092";

        assertRefused(create(false));
    }

    @Test
    void aDryRunHasCreatedNothing() {
        cluster.lost();
        cluster.answer(Errors.DUPLICATE_RESOURCE);
        cluster.servers = "wanted:9092";

        assertRefused(create(true));
    }

    @Test
    void aLinkThatALostAttemptHasDeletedIsDeleted() {
        cluster.lost();
        cluster.answer(Errors.RESOURCE_NOT_FOUND);

        assertThat(alter(DELETE)).isCompleted();
    }

    @Test
    void aLinkThatWasNotThereIsNotDeleted() {
        cluster.answer(Errors.RESOURCE_NOT_FOUND);

        assertRefused(alter(DELETE), Errors.RESOURCE_NOT_FOUND);
    }

    @Test
    void aMirrorThatIsGoneIsNotFailedOver() {
        cluster.lost();
        cluster.answer(Errors.RESOURCE_NOT_FOUND);

        assertRefused(alter(FAIL_OVER), Errors.RESOURCE_NOT_FOUND);
    }

    /** What is wanted of a mirror takes no source: a failover waited for half a minute behind links and mirrors that were made of one that is gone. */
    @Test
    void aFailoverDoesNotWaitForCommandsThatAskASource() {
        cluster.answers.add(new CompletableFuture<>());
        CompletableFuture<Void> creation = create(false);
        cluster.answer(Errors.NONE);

        assertThat(alter(FAIL_OVER)).isCompleted();
        assertThat(creation).isNotDone();
        assertThat(cluster.slow).isEqualTo(1);
    }

    /** They hung until the broker had stopped. */
    @Test
    void whatIsToBeAskedAgainIsAnsweredWhenTheBrokerStops() {
        cluster.answer(Errors.NOT_COORDINATOR);
        ScheduledExecutorService never = timer(task -> {});
        CoordinatorRouter stopping = new CoordinatorRouter(cluster, null, never, new ManualTime());
        CompletableFuture<Void> waiting = stopping.alter(DELETE, "User:ann", false);
        assertThat(waiting).isNotDone();

        stopping.close();

        assertRefused(waiting, Errors.COORDINATOR_NOT_AVAILABLE);
        cluster.answer(Errors.NOT_COORDINATOR);
        assertRefused(stopping.alter(DELETE, "User:ann", false), Errors.COORDINATOR_NOT_AVAILABLE);
    }

    /** What this broker reports would wait behind a request for each. */
    @Test
    void manyResourcesAreAskedForAtOnceAndFailEachForItself() {
        cluster.servers = "wanted:9092";
        List<LinkResource> resources = List.of(
                new LinkResource.Link("east"), new LinkResource.Link(Cluster.UNKNOWN), new LinkResource.Link("west"));

        List<Described> answers = router.describe(resources).join();

        assertThat(cluster.described).containsExactly(3);
        assertThat(answers.get(0).orThrow()).extracting(Entry::value).containsExactly("wanted:9092");
        assertThatThrownBy(answers.get(1)::orThrow).hasMessageContaining("no such link");
        assertThat(answers.get(2).failure()).isNull();
    }

    private CompletableFuture<Void> alter(Alteration alteration) {
        return router.alter(alteration, "User:ann", false);
    }

    private CompletableFuture<Void> create(boolean validateOnly) {
        return router.alter(CREATE, "User:ann", validateOnly);
    }

    private static void assertRefused(CompletableFuture<Void> answer) {
        assertRefused(answer, Errors.DUPLICATE_RESOURCE);
    }

    private static void assertRefused(CompletableFuture<Void> answer, Errors error) {
        assertThat(answer.handle((nothing, failure) -> failure).join())
                .isInstanceOfSatisfying(LinkException.class, failure -> assertThat(failure.error())
                        .isEqualTo(error));
    }

    private static ScheduledExecutorService atOnce() {
        return timer(Runnable::run);
    }

    private static ScheduledExecutorService timer(Consumer<Runnable> schedule) {
        return (ScheduledExecutorService) Proxy.newProxyInstance(
                CoordinatorRouterTest.class.getClassLoader(),
                new Class<?>[] {ScheduledExecutorService.class},
                (proxy, method, arguments) -> {
                    schedule.accept((Runnable) arguments[0]);
                    return null;
                });
    }

    private static final class Cluster extends BareBroker {
        private static final String UNKNOWN = "unknown";

        private final Queue<CompletableFuture<AbstractResponse>> answers = new ArrayDeque<>();
        private String servers;
        /** How many resources each request was for. */
        private final List<Integer> described = new ArrayList<>();
        /** Requests over the connection on which commands that ask a source are answered. */
        private int slow;

        void lost() {
            answers.add(CompletableFuture.failedFuture(new DisconnectException("the broker has died")));
        }

        void answer(Errors error) {
            IncrementalAlterConfigsResponseData data = new IncrementalAlterConfigsResponseData();
            data.responses().add(new AlterConfigsResourceResponse().setErrorCode(error.code()));
            answers.add(CompletableFuture.completedFuture(new IncrementalAlterConfigsResponse(data)));
        }

        @Override
        public Optional<TopicView> topic(String name) {
            PartitionView partition = new PartitionView(2, 1, List.of(2), List.of(2));
            return Optional.of(new TopicView(Uuid.ONE_UUID, StateTopic.NAME, List.of(partition)));
        }

        @Override
        public BrokerChannel brokers() {
            return (broker, request) -> {
                slow++;
                return answers.remove();
            };
        }

        @Override
        public BrokerChannel proposals() {
            return (broker, request) -> answers.remove();
        }

        @Override
        public BrokerChannel reports() {
            return (broker, request) -> {
                DescribeConfigsRequest asked = (DescribeConfigsRequest) request.build();
                described.add(asked.data().resources().size());
                DescribeConfigsResponseData data = new DescribeConfigsResponseData();
                asked.data().resources().forEach(resource -> data.results().add(result(resource.resourceName())));
                return CompletableFuture.completedFuture(new DescribeConfigsResponse(data));
            };
        }

        private DescribeConfigsResult result(String resource) {
            DescribeConfigsResult result = new DescribeConfigsResult();
            if (resource.endsWith(UNKNOWN)) {
                return result.setErrorCode(Errors.RESOURCE_NOT_FOUND.code()).setErrorMessage("no such link");
            }
            result.configs()
                    .add(new DescribeConfigsResourceResult().setName(SERVERS).setValue(servers));
            return result;
        }
    }
}
