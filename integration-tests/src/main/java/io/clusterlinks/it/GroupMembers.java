// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Consumers of one group, each on its own thread, that commit what they have processed and nothing else. */
public final class GroupMembers implements AutoCloseable {
    private final List<CompletableFuture<Void>> runs = new ArrayList<>();
    private volatile boolean stopping;

    private GroupMembers() {}

    /**
     * Starts members.
     *
     * @param protocol {@code classic} or {@code consumer}
     */
    public static GroupMembers start(
            TestCluster cluster, String topic, String group, String protocol, int count, Deliveries deliveries) {
        return start(cluster.clientConfigs(), topic, group, protocol, count, deliveries);
    }

    /** Starts members with the given way to the cluster. */
    public static GroupMembers start(
            Map<String, Object> client, String topic, String group, String protocol, int count, Deliveries deliveries) {
        GroupMembers members = new GroupMembers();
        for (int i = 0; i < count; i++) {
            CompletableFuture<Void> run = new CompletableFuture<>();
            members.runs.add(run);
            Thread thread = new Thread(() -> members.run(client, topic, group, protocol, deliveries, run), group + i);
            thread.setDaemon(true);
            thread.start();
        }
        return members;
    }

    private void run(
            Map<String, Object> client,
            String topic,
            String group,
            String protocol,
            Deliveries deliveries,
            CompletableFuture<Void> done) {
        Map<String, Object> configs = new HashMap<>(client);
        configs.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        configs.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol);
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        configs.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 50);
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(configs, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            while (!stopping) {
                consumer.poll(Duration.ofMillis(100))
                        .forEach(record -> deliveries.delivered(String.valueOf(record.value())));
                consumer.commitSync();
            }
            done.complete(null);
        } catch (RuntimeException e) {
            done.completeExceptionally(e);
        }
    }

    /** Lets the members finish what they have in hand, commit it and leave; throws if one failed. */
    public void stop() {
        stopping = true;
        runs.forEach(CompletableFuture::join);
    }

    @Override
    public void close() {
        stopping = true;
        runs.forEach(run -> run.exceptionally(e -> null).join());
    }
}
