// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A way to configure MirrorMaker 2; the best of the three is what cluster links are compared with. */
record Tuning(String name, Map<String, String> properties) {
    /** Everything at its default. */
    static final Tuning DEFAULTS = new Tuning("defaults", Map.of());

    /** Small waits, middle-sized batches. */
    static final Tuning LATENCY = new Tuning(
            "low latency",
            Map.of(
                    "src->dst.consumer.fetch.min.bytes", "1",
                    "src->dst.consumer.max.poll.records", "2000",
                    "dst.producer.linger.ms", "0",
                    "dst.producer.acks", "1",
                    "dst.producer.batch.size", "131072"));

    /** Large fetches, large batches. */
    static final Tuning THROUGHPUT = new Tuning(
            "throughput",
            Map.of(
                    "src->dst.consumer.fetch.max.bytes", "104857600",
                    "src->dst.consumer.max.partition.fetch.bytes", "10485760",
                    "src->dst.consumer.max.poll.records", "10000",
                    "src->dst.consumer.receive.buffer.bytes", "4194304",
                    "dst.producer.batch.size", "1048576",
                    "dst.producer.linger.ms", "20",
                    "dst.producer.buffer.memory", "268435456",
                    "dst.producer.max.request.size", "10485760",
                    "dst.producer.send.buffer.bytes", "4194304",
                    "dst.producer.acks", "1"));

    static final List<Tuning> ALL = List.of(DEFAULTS, LATENCY, THROUGHPUT);

    /** mm2.properties for a flow of {@code topics} between two clusters. */
    Map<String, String> complete(String source, String destination, String topics) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("clusters", "src, dst");
        all.put("src.bootstrap.servers", source);
        all.put("dst.bootstrap.servers", destination);
        all.put("src->dst.enabled", "true");
        all.put("dst->src.enabled", "false");
        all.put("src->dst.topics", topics);
        all.put("tasks.max", "4");
        all.put("replication.policy.class", "org.apache.kafka.connect.mirror.IdentityReplicationPolicy");
        all.put("emit.heartbeats.enabled", "false");
        all.put("emit.checkpoints.enabled", "false");
        all.put("sync.topic.acls.enabled", "false");
        all.put("refresh.topics.interval.seconds", "5");
        all.put("offset-syncs.topic.location", "target");
        for (String topic : List.of("", "offset-syncs.topic.", "checkpoints.topic.", "heartbeats.topic.")) {
            all.put(topic + "replication.factor", "1");
        }
        for (String storage : List.of("offset", "status", "config")) {
            all.put(storage + ".storage.replication.factor", "1");
        }
        all.put("dst.offset.storage.partitions", "1");
        all.put("dst.status.storage.partitions", "1");
        all.putAll(properties);
        return all;
    }
}
