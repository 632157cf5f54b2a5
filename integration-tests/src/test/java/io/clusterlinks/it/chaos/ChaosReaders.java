// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.TestCluster;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A consumer group at the source that reads on through everything; in the end it stands at the destination where it stands there. */
final class ChaosReaders extends ChaosClient {
    static final String GROUP = "chaos-readers";
    private static final Duration POLL = Duration.ofMillis(300);
    private static final Duration SYNCED = Duration.ofSeconds(60);
    private static final Duration CALL = Duration.ofSeconds(5);

    private final TestCluster source;
    private final TestCluster destination;
    private final List<String> topics;

    ChaosReaders(TestCluster source, TestCluster destination, String... topics) {
        this.source = source;
        this.destination = destination;
        this.topics = List.of(topics);
    }

    @Override
    void useOneClient() {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(configs(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(topics);
            while (isRunning()) {
                if (!consumer.poll(POLL).isEmpty()) {
                    consumer.commitSync(CALL);
                }
            }
        } catch (KafkaException e) {
            // The cluster is away for longer than the client waits, or the group has moved on: a new client joins.
        }
    }

    private Map<String, Object> configs() {
        Map<String, Object> configs = new HashMap<>(source.clientConfigs());
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, GROUP);
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        configs.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
        return configs;
    }

    /** Once it has stopped, and the mirrors are level. */
    void assertSynced() {
        assertThat(death()).as("death of the readers").isEmpty();
        Await.untilPasses(SYNCED, () -> assertThat(ChaosBelongings.committed(destination, GROUP))
                .as("offsets of group " + GROUP)
                .isNotEmpty()
                .isEqualTo(ChaosBelongings.committed(source, GROUP)));
    }
}
