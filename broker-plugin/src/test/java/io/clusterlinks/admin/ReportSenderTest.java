// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import static org.awaitility.Awaitility.await;

import io.clusterlinks.coordinator.Coordinator;
import io.clusterlinks.coordinator.TopicCreator;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.BrokerChannel;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.LinkSecrets;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReportSenderTest {
    private static final int COORDINATOR = 2;

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final ReportingBroker broker = new ReportingBroker();
    private final TopicCreator topics = new TopicCreator(broker);
    /** Each of the first calls of what a report needs ends with an error. */
    private final AtomicInteger toFail = new AtomicInteger();

    private Coordinator coordinator;
    private ReportSender sender;

    @BeforeEach
    void create() {
        coordinator = new Coordinator(
                broker,
                Optional::empty,
                noSources(),
                new LinkSecrets(Optional.empty(), "destination"),
                topics,
                Time.SYSTEM);
        CoordinatorRouter router = new CoordinatorRouter(broker, coordinator, timer, Time.SYSTEM);
        sender = new ReportSender(router, this::report, new StateTopicProvider(broker, topics), timer);
    }

    @AfterEach
    void close() {
        timer.shutdownNow();
        coordinator.close();
    }

    /** One error was the last turn: the broker was taken to run without the plugin until it was restarted. */
    @Test
    void errorsDoNotEndTheReports() {
        toFail.set(2);
        broker.toFail.set(3);

        sender.start();

        await().until(() -> broker.reports.get() >= 1);
    }

    /** A report that failed to be sent counted as under way for good, so that no other was sent. */
    @Test
    void aReportThatFailsIsNotUnderWay() {
        sender.sendSoon();
        await().until(() -> broker.reports.get() == 1);
        toFail.set(1);
        sender.sendSoon();

        sender.sendSoon();

        await().until(() -> broker.reports.get() == 2);
    }

    private BrokerReport report() {
        failAtFirst(toFail);
        return new BrokerReport(1, "1", "4.3.1", 7, List.of(), List.of());
    }

    private static void failAtFirst(AtomicInteger failures) {
        if (failures.getAndDecrement() > 0) {
            throw new StackOverflowError();
        }
    }

    private static SourceClients noSources() {
        return (SourceClients) Proxy.newProxyInstance(
                SourceClients.class.getClassLoader(),
                new Class<?>[] {SourceClients.class},
                (proxy, method, arguments) -> {
                    throw new AssertionError("not asked for");
                });
    }

    /** A broker that reports to another. */
    private static final class ReportingBroker extends BareBroker {
        final AtomicInteger toFail = new AtomicInteger();
        final AtomicInteger reports = new AtomicInteger();

        @Override
        public String clusterId() {
            return "destination";
        }

        @Override
        public Map<String, Object> settings() {
            return Map.of();
        }

        @Override
        public Optional<TopicView> topic(String name) {
            failAtFirst(toFail);
            PartitionView partition = new PartitionView(COORDINATOR, 3, List.of(COORDINATOR), List.of(COORDINATOR));
            return Optional.of(new TopicView(Uuid.ONE_UUID, name, List.of(partition)));
        }

        @Override
        public BrokerChannel reports() {
            return (node, request) -> {
                reports.incrementAndGet();
                IncrementalAlterConfigsResponseData data = new IncrementalAlterConfigsResponseData();
                data.responses().add(new AlterConfigsResourceResponse());
                return CompletableFuture.completedFuture(new IncrementalAlterConfigsResponse(data));
            };
        }
    }
}
