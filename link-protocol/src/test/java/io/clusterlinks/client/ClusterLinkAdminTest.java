// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.LinkSummary;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ClusterLinkAdminTest {
    private static final Map<String, String> CONFIGS = Map.of("bootstrap.servers", "east:9092");

    private final FakeCluster cluster = new FakeCluster();
    private final FakeTime time = new FakeTime();
    private final ClusterLinkAdmin links = new DefaultClusterLinkAdmin(
            new LinkTransport(
                    FakeAdmin.of(cluster),
                    (action, delayMs) -> {
                        time.sleep(delayMs);
                        action.run();
                    },
                    time),
            null);

    private final ClusterLinkAdmin withoutPlugin = ClusterLinkAdmin.over(FakeAdmin.withoutPlugin());

    @Test
    void createdLinkIsListedAndDescribed() throws Exception {
        links.createLink("east", Map.of("bootstrap.servers", "east:9092", "sasl.jaas.config", "secret"))
                .get();

        assertThat(links.listLinks().get())
                .containsExactly(new LinkSummary("east", LinkState.ACTIVE, "east:9092", "source-id", Map.of(), null));
        LinkDescription description = links.describeLink("east").get();
        assertThat(description.configs())
                .containsExactly(
                        new LinkConfigValue("bootstrap.servers", "east:9092", false, false),
                        new LinkConfigValue("mirror.start.offset.spec", "earliest", true, false),
                        new LinkConfigValue("sasl.jaas.config", null, false, true));
        assertThat(description.reason()).isNull();
        assertThat(description.sinceMs()).isEqualTo(1000);
    }

    @Test
    void createSaysThatItMeansCreate() throws Exception {
        links.createLink("east", CONFIGS).get();

        assertThat(cluster.writes)
                .containsExactly(
                        Map.of("__cluster_link.east", List.of("SET create=true", "SET bootstrap.servers=east:9092")));
        assertFails(links.createLink("east", CONFIGS), Errors.DUPLICATE_RESOURCE, "'east' already exists");
    }

    @Test
    void validateOnlyChangesNothing() throws Exception {
        links.createLink("east", CONFIGS, WriteOptions.defaults().withValidateOnly(true))
                .get();

        assertThat(cluster.hasLink("east")).isFalse();
    }

    @Test
    void manyMirrorsTravelInOneRequest() throws Exception {
        links.createLink("east", CONFIGS).get();

        MirrorsResult<Void> result = links.createMirrors(
                "east",
                List.of(
                        NewMirror.of("a"),
                        NewMirror.of("b")
                                .withSourceTopic("s")
                                .withReplicationFactor(3)
                                .withStartOffsetSpec("latest")
                                .withTopicConfigs(Map.of("retention.ms", "1"))));
        result.all().get();

        assertThat(cluster.writes.get(1))
                .isEqualTo(Map.of(
                        "__cluster_link.east.topic.a",
                        List.of("SET desired.state=ACTIVE", "SET create=true"),
                        "__cluster_link.east.topic.b",
                        List.of(
                                "SET desired.state=ACTIVE",
                                "SET create=true",
                                "SET source.topic=s",
                                "SET replication.factor=3",
                                "SET mirror.start.offset.spec=latest",
                                "SET topic.config.override.retention.ms=1")));
    }

    @Test
    void oneRefusedMirrorDoesNotHinderTheOthers() throws Exception {
        links.createLink("east", CONFIGS).get();

        MirrorsResult<Void> result =
                links.createMirrors("east", List.of(NewMirror.of("good"), NewMirror.of("not allowed")));

        result.values().get("good").get();
        assertFails(result.values().get("not allowed"), Errors.INVALID_TOPIC_EXCEPTION, "'not allowed'");
        assertThat(cluster.writes.get(1)).containsOnlyKeys("__cluster_link.east.topic.good");
    }

    @Test
    void mirrorsOfAllLinksAreListedAndDescribed() throws Exception {
        links.createLink("west", CONFIGS).get();
        links.createLink("east", CONFIGS).get();
        links.createMirrors("west", List.of(NewMirror.of("w"))).all().get();
        links.createMirrors("east", List.of(NewMirror.of("start.offset.spec")))
                .all()
                .get();

        List<MirrorListing> mirrors = links.listMirrors(ReadOptions.defaults()).get();

        assertThat(mirrors)
                .containsExactly(
                        new MirrorListing(
                                "east",
                                new MirrorSummary(
                                        "start.offset.spec", "start.offset.spec", MirrorState.ACTIVE, 1, 0, 0, null)),
                        new MirrorListing("west", new MirrorSummary("w", "w", MirrorState.ACTIVE, 1, 0, 0, null)));
        MirrorDescription description =
                links.describeMirrors("west", List.of("w")).all().get().get("w");
        assertThat(description.partitions()).hasSize(1);
        assertThat(description.lagRecords()).isZero();
        assertThat(description.events()).hasSize(1);
        assertThat(description.desiredState()).isEqualTo(DesiredState.ACTIVE);
    }

    @Test
    void eachCommandSetsItsDesiredState() throws Exception {
        links.createLink("east", CONFIGS).get();
        links.createMirrors("east", List.of(NewMirror.of("t"))).all().get();
        WriteOptions options = WriteOptions.defaults();
        cluster.writes.clear();

        links.pauseMirrors("east", List.of("t"), options).all().get();
        links.resumeMirrors("east", List.of("t"), options).all().get();
        links.promoteMirrors("east", List.of("t"), options).all().get();
        links.failoverMirrors("east", List.of("t"), options).all().get();
        links.pauseLink("east", options).get();
        links.resumeLink("east", options).get();
        links.alterLink("east", Map.of("client.rack", "r"), Set.of("request.timeout.ms"))
                .get();
        links.deleteLink("east", true).get();

        assertThat(cluster.writes.stream().flatMap(request -> request.values().stream()))
                .containsExactly(
                        List.of("SET desired.state=PAUSED"),
                        List.of("SET desired.state=ACTIVE"),
                        List.of("SET desired.state=PROMOTED"),
                        List.of("SET desired.state=FAILED_OVER"),
                        List.of("SET desired.state=PAUSED"),
                        List.of("SET desired.state=ACTIVE"),
                        List.of("SET client.rack=r", "DELETE request.timeout.ms="),
                        List.of("SET desired.state=DELETED", "SET force=true"));
    }

    @Test
    void requestsAreRepeatedUntilThereIsACoordinator() throws Exception {
        cluster.failures.addAll(
                List.of(Errors.COORDINATOR_NOT_AVAILABLE.exception(), Errors.NOT_COORDINATOR.exception()));

        links.createLink("east", CONFIGS).get();

        assertThat(cluster.hasLink("east")).isTrue();
        assertThat(time.milliseconds()).isEqualTo(10_000 + 100 + 200);
    }

    @Test
    void repeatingEndsWithTheTimeout() {
        for (int i = 0; i < 100; i++) {
            cluster.failures.add(Errors.COORDINATOR_NOT_AVAILABLE.exception());
        }

        assertFails(
                links.describeLink("east", new ReadOptions(5000)),
                Errors.COORDINATOR_NOT_AVAILABLE,
                "__cluster_links are up");
        assertThat(time.milliseconds()).isBetween(13_000L, 15_000L);
    }

    @Test
    void onlyTopicsThatMetNoCoordinatorAreSentAgain() throws Exception {
        links.createLink("east", CONFIGS).get();
        cluster.writes.clear();
        cluster.failures.add(Errors.NOT_COORDINATOR.exception());

        links.createMirrors("east", List.of(NewMirror.of("a"), NewMirror.of("b")))
                .all()
                .get();

        assertThat(cluster.writes).extracting(Map::size).containsExactly(2, 1);
    }

    @Test
    void brokersWithoutThePluginAreNamed() {
        String remedy = "Broker at broker-1:9092 runs without the cluster-links plugin";

        assertFails(withoutPlugin.listLinks(), Errors.UNSUPPORTED_VERSION, remedy);
        assertFails(withoutPlugin.describeLink("east"), Errors.UNSUPPORTED_VERSION, remedy);
        assertFails(withoutPlugin.createLink("east", CONFIGS), Errors.UNSUPPORTED_VERSION, "-javaagent:");
        assertFails(
                withoutPlugin.alterLink("east", Map.of(), Set.of("client.rack")), Errors.UNSUPPORTED_VERSION, remedy);
        assertFails(
                withoutPlugin.createMirrors("east", List.of(NewMirror.of("t"))).all(),
                Errors.UNSUPPORTED_VERSION,
                remedy);
    }

    @Test
    void thePluginMayUseTheCodesOfStockBrokersForThingsOfItsOwn() {
        LinkResource mirror = new LinkResource.Mirror("east", "t");

        assertThat(Failures.isFromBrokerWithoutPlugin(
                        mirror,
                        Set.of("create"),
                        Errors.UNKNOWN_TOPIC_OR_PARTITION.exception("Topic 't' does not exist at the source.")))
                .isFalse();
        assertThat(Failures.isFromBrokerWithoutPlugin(
                        mirror,
                        Set.of("create"),
                        Errors.INVALID_CONFIG.exception("Unknown topic config name: retention")))
                .isFalse();
    }

    @Test
    void namesThatAreNotAllowedFailWithoutARequest() {
        assertFails(links.createLink("ö", CONFIGS), Errors.INVALID_REQUEST, "'ö' is not allowed");
        assertFails(links.describeLink(""), Errors.INVALID_REQUEST, "'' is not allowed");
        assertFails(links.alterLink("east", Map.of(), Set.of()), Errors.INVALID_REQUEST, "Nothing to change");
        assertThat(cluster.writes).isEmpty();
    }

    @Test
    void failuresOfTheClientSayWhatToDo() {
        LinkResource link = new LinkResource.Link("east");

        LinkException timeout = Failures.classify(link, 8000, new TimeoutException("Call(callName=x) timed out"));
        assertThat(timeout.error()).isEqualTo(Errors.REQUEST_TIMED_OUT);
        assertThat(timeout).hasMessageContaining("link 'east' within 8.0 s");
        assertThat(Failures.classify(link, 8000, new SaslAuthenticationException("bad\npassword")))
                .hasMessageContaining("failed: bad password");
        assertThat(Failures.classify(link, 8000, Errors.CLUSTER_AUTHORIZATION_FAILED.exception()))
                .hasMessageStartingWith("Link 'east': ")
                .hasMessageContaining("Grant DESCRIBE");
    }

    @Test
    void whatBrokersSayOfASourceIsPassedOn() {
        LinkResource link = new LinkResource.Link("east");
        String message = "Source of link east: listing topics timed out (Call(callName=x) timed out); check it.";

        for (Errors error : List.of(
                Errors.REQUEST_TIMED_OUT, Errors.SASL_AUTHENTICATION_FAILED, Errors.TOPIC_AUTHORIZATION_FAILED)) {
            LinkException told = Failures.classify(link, 8000, error.exception(message));
            assertThat(told).hasMessage(message);
            assertThat(told.error()).isEqualTo(error);
        }
    }

    @Test
    void aTimeoutAfterRefusalsTellsTheRefusal() {
        // The coordinator is gone: brokers look for it for seconds before they refuse, then the client's time is up.
        cluster.failures.add(Errors.COORDINATOR_NOT_AVAILABLE.exception("No broker coordinates cluster links."));
        cluster.failures.add(new TimeoutException("Call(callName=x) timed out"));

        assertFails(links.describeLink("east"), Errors.COORDINATOR_NOT_AVAILABLE, "No broker coordinates");
    }

    @Test
    void brokersAreDescribed() throws Exception {
        LinkClusterDescription description = links.describeBrokers().get();

        assertThat(description.coordinator()).isEqualTo(1);
        assertThat(description.brokers()).extracting("broker").containsExactly(1, 2);
    }

    private static void assertFails(KafkaFuture<?> future, Errors error, String message) {
        Throwable failure = catchThrowable(future::get);
        assertThat(failure).isInstanceOf(ExecutionException.class);
        assertThat(failure.getCause()).isInstanceOf(LinkException.class).hasMessageContaining(message);
        assertThat(((LinkException) failure.getCause()).error()).isEqualTo(error);
    }
}
