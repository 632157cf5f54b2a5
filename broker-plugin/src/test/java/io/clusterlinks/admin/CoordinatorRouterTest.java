// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.BrokerChannel;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.state.StateTopic;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
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
        return (ScheduledExecutorService) Proxy.newProxyInstance(
                CoordinatorRouterTest.class.getClassLoader(),
                new Class<?>[] {ScheduledExecutorService.class},
                (proxy, method, arguments) -> {
                    ((Runnable) arguments[0]).run();
                    return null;
                });
    }

    private static final class Cluster extends BareBroker {
        private final Queue<CompletableFuture<AbstractResponse>> answers = new ArrayDeque<>();
        private String servers;
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
            DescribeConfigsResult result = new DescribeConfigsResult();
            return (broker, request) -> {
                result.configs()
                        .add(new DescribeConfigsResourceResult()
                                .setName(SERVERS)
                                .setValue(servers));
                DescribeConfigsResponseData data = new DescribeConfigsResponseData();
                data.results().add(result);
                return CompletableFuture.completedFuture(new DescribeConfigsResponse(data));
            };
        }
    }
}
