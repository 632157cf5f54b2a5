// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.LinkProxies.CutOff;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A broker of the source that its own cluster does not hear any more, but the link does: it takes itself for the leader
 * and knows nothing of what its successor is sent.
 */
class CutOffSourceIT {
    private static final String TOPIC = "orders";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final int CUT_OFF = 1;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Longer than it takes to ask the source thrice. */
    private static final Duration A_WHILE = Duration.ofSeconds(8);

    private final LinkProxies within = new LinkProxies();
    private final LinkProxies towards = new LinkProxies();
    private TestCluster source;
    private TestCluster destination;
    private Links links;

    @BeforeEach
    void mirror() {
        source = TestCluster.builder("source")
                .brokers(3)
                .separateController()
                .advertised(within::open)
                .controllersBehind(within::open)
                .proxies(towards)
                .config("min.insync.replicas", "2")
                .heapMb(256)
                .start();
        destination = TestCluster.builder("destination").heapMb(320).agent().start();
        links = new Links(destination);
        NewTopic topic = new NewTopic(TOPIC, Map.of(0, List.of(CUT_OFF, 2, 3)));
        Topics.get(source.admin().createTopics(List.of(topic)).all());
        write("first", 100);
        links.run("create", "--link", "dr", "--config", "bootstrap.servers=" + towards.bootstrap());
        links.mirror("dr", TOPIC);
        awaitEnd(100);
    }

    @AfterEach
    void stop() {
        Fixtures.close(destination, source);
        within.close();
        towards.close();
    }

    /** What its successor has acknowledged would be lost. */
    @Test
    void aPromotionDoesNotBelieveIt() {
        // Given a link that reaches nobody else
        hearOnlyTheOneThatIsCutOff();
        cutOff();
        write("later", 50);

        // When the mirror is promoted
        links.run("mirrors", "promote", "--link", "dr", "--topic", TOPIC);
        awaitError("only broker 1 of the source");
        assertThat(links.state("dr", TOPIC)).isEqualTo(MirrorState.PENDING_STOPPED);

        // Then it has everything
        towards.mend();
        links.awaitState("dr", TOPIC, MirrorState.STOPPED);
        assertHoldsEverything();
    }

    /** It would say that the source has lost what came from its successor. */
    @Test
    void aNewLeaderOfTheMirrorDoesNotBelieveIt() {
        // Given a mirror with records of its successor
        cutOff();
        write("later", 50);
        awaitEnd(150);

        // When the mirror's leader begins anew, and reaches nobody else
        hearOnlyTheOneThatIsCutOff();
        destination.restart(1);
        awaitError("led it before another");
        LockSupport.parkNanos(A_WHILE.toNanos());
        assertThat(end()).isEqualTo(150);

        // Then it goes on
        towards.mend();
        write("last", 10);
        awaitEnd(160);
        assertThat(String.valueOf(links.describe("dr", TOPIC).get(WireContract.STATUS_EVENTS)))
                .doesNotContain("Dropped");
    }

    private void hearOnlyTheOneThatIsCutOff() {
        IntStream.rangeClosed(1, 3).filter(id -> id != CUT_OFF).forEach(id -> towards.cutOne(id - 1));
    }

    private void cutOff() {
        within.cutOff(source.broker(CUT_OFF).pid(), CutOff.FROM_OTHERS);
        Await.until(
                "another broker leads",
                PATIENCE,
                () -> Topics.leaders(source.admin(), TOPIC).get(0) != CUT_OFF);
    }

    private void write(String mark, int records) {
        // A client that hears of the old leader first waits for its answer in vain.
        String others = source.bootstrap().substring(source.bootstrap().indexOf(',') + 1);
        try (Producer<String, String> producer = Clients.producer(source, Map.of("bootstrap.servers", others))) {
            IntStream.range(0, records)
                    .mapToObj(i -> producer.send(Clients.record(TOPIC, 0, mark + "-" + i)))
                    .toList()
                    .forEach(Topics::get);
        }
    }

    private void awaitError(String part) {
        Await.untilPasses(PATIENCE, () -> assertThat(links.partitions("dr", TOPIC))
                .singleElement()
                .satisfies(status -> assertThat(status.error()).contains(part)));
    }

    private long end() {
        return Topics.ends(destination.admin(), List.of(PARTITION), IsolationLevel.READ_UNCOMMITTED)
                .get(PARTITION);
    }

    private void awaitEnd(long end) {
        Await.until("the mirror ends at " + end, PATIENCE, () -> end() == end);
    }

    private void assertHoldsEverything() {
        assertThat(Clients.values(destination, TOPIC, IsolationLevel.READ_COMMITTED))
                .hasSize(150)
                .contains("first-99", "later-49");
    }
}
