// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.Clients;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * Another cluster that answers at the source's addresses now and then, and has what the source has by name: topics, with
 * other configs and records, groups at other offsets, other ACLs. It names addresses of its own, which stay reachable, and
 * nothing of it may come to the destination.
 */
final class ChaosImpostor implements AutoCloseable {
    private static final int RECORDS = 40;

    private final TestCluster cluster;

    ChaosImpostor(List<String> topics, String group) {
        cluster = TestCluster.builder("impostor")
                .heapMb(192)
                .config("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .config("super.users", "User:ANONYMOUS")
                .start();
        topics.forEach(topic -> Topics.create(cluster.admin(), topic, 3, Map.of("retention.ms", "7777777777")));
        try (Producer<String, String> producer = Clients.producer(cluster, Map.of())) {
            for (int i = 0; i < RECORDS; i++) {
                int number = i;
                topics.forEach(topic -> producer.send(Clients.record(topic, number % 3, "impostor-" + number)));
            }
        }
        Topics.get(cluster.admin()
                .alterConsumerGroupOffsets(
                        group, Map.of(new TopicPartition(topics.get(0), 0), new OffsetAndMetadata(1)))
                .all());
        Topics.get(cluster.admin()
                .createAcls(List.of(new AclBinding(
                        new ResourcePattern(ResourceType.TOPIC, topics.get(0), PatternType.LITERAL),
                        new AccessControlEntry("User:mallory", "*", AclOperation.ALL, AclPermissionType.ALLOW))))
                .all());
    }

    int port() {
        return cluster.broker(1).port();
    }

    @Override
    public void close() {
        cluster.close();
    }
}
