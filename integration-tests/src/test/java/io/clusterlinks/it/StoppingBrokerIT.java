// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.LinkResource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A broker that was told to stop serves requests for as long as its leaders move, which may be many seconds. */
class StoppingBrokerIT {
    private static final String LINK = "east";
    private static final String MIRROR = "mirrored";

    private static TestCluster source;
    private static TestCluster destination;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").heapMb(256).start();
        destination = TestCluster.builder("destination")
                .brokers(2)
                .separateController()
                .agent()
                .heapMb(256)
                .config("broker.session.timeout.ms", "30000")
                .start();
        Workload.onNewTopic(source, MIRROR, 2, Map.of()).plain(10);
        Links links = new Links(destination);
        links.create(LINK, source);
        links.mirror(LINK, MIRROR);
    }

    @AfterAll
    static void stop() {
        destination.broker(2).thaw();
        Fixtures.close(destination, source);
    }

    /** Its plugin had stopped before, and every request went on to the controller. */
    @Test
    void keepsMirrorsAsTheyAre() {
        // Given a broker whose stop takes long: the controller waits for another to hear of it, which stands still
        destination.broker(2).freeze();
        ProcessHandle.of(destination.broker(1).pid()).orElseThrow().destroy();

        // When its plugin has stopped
        AtomicReference<Errors> answer = new AtomicReference<>();
        Await.until("the plugin stops", Duration.ofSeconds(20), () -> {
            answer.set(error(addPartitions()));
            return answer.get() != Errors.POLICY_VIOLATION;
        });

        // Then it refuses what it did before, and the mirror is asked for again where it may have been promoted since
        assertThat(answer.get()).isEqualTo(Errors.NOT_ENOUGH_REPLICAS);
        assertThat(error(deleteStateTopic())).isEqualTo(Errors.POLICY_VIOLATION);
        destination.broker(2).thaw();
        assertThat(Topics.partitions(destination.admin(), MIRROR)).hasSize(2);
    }

    private static Errors error(AbstractRequest request) {
        AbstractResponse response = BrokerRequest.send(destination.broker(1), request);
        return response.errorCounts().keySet().iterator().next();
    }

    private static AbstractRequest addPartitions() {
        CreatePartitionsRequestData data = new CreatePartitionsRequestData().setTimeoutMs(5_000);
        data.topics().add(new CreatePartitionsTopic().setName(MIRROR).setCount(3));
        return new CreatePartitionsRequest.Builder(data).build();
    }

    private static AbstractRequest deleteStateTopic() {
        DeleteTopicsRequestData data = new DeleteTopicsRequestData()
                .setTimeoutMs(5_000)
                .setTopics(List.of(new DeleteTopicState().setName(LinkResource.INDEX_NAME)));
        return new DeleteTopicsRequest.Builder(data).build();
    }
}
