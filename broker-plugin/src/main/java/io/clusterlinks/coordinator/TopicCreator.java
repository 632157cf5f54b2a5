// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.state.StateTopic;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;

/** Creates mirror topics and the state topic through the controller. */
public final class TopicCreator {
    private final LocalBroker broker;
    private final TopicBatches checks;
    private final TopicBatches creations;

    public TopicCreator(LocalBroker broker) {
        this.broker = broker;
        this.checks = new TopicBatches(broker.controller(), true);
        this.creations = new TopicBatches(broker.controller(), false);
    }

    /** Creates the state topic unless it exists; completes when the controller has answered. */
    public CompletableFuture<Void> createStateTopic() {
        // A broker that is down gets its replica, too: nobody adds one when it is back.
        short replicationFactor = StateTopic.replicationFactor(broker.cluster().registeredBrokers());
        CreatableTopic topic = topic(StateTopic.NAME, 1, replicationFactor, StateTopic.configs(replicationFactor));
        return send(topic, false).thenAccept(result -> {
            Errors error = Errors.forCode(result.errorCode());
            if (error != Errors.NONE && error != Errors.TOPIC_ALREADY_EXISTS) {
                throw new LinkException(
                        error, "Cannot create internal topic " + StateTopic.NAME + ": " + result.errorMessage());
            }
        });
    }

    /** Has the controller check whether the topic of {@code mirror} could be created. */
    CompletableFuture<Void> validate(MirrorRecord mirror) {
        return send(topic(mirror), true).thenAccept(result -> idOrThrow(mirror, result));
    }

    /** Creates the topic of {@code mirror}; yields its id. */
    CompletableFuture<Uuid> create(MirrorRecord mirror) {
        return send(topic(mirror), false).thenApply(result -> idOrThrow(mirror, result));
    }

    private Uuid idOrThrow(MirrorRecord mirror, CreatableTopicResult result) {
        Errors error = Errors.forCode(result.errorCode());
        if (error != Errors.NONE) {
            String why = result.errorMessage() == null ? error.message() : result.errorMessage();
            String remedy = error == Errors.INVALID_REPLICATION_FACTOR
                    ? " Use --replication-factor with at most "
                            + broker.cluster().registeredBrokers() + "."
                    : error == Errors.TOPIC_AUTHORIZATION_FAILED || error == Errors.CLUSTER_AUTHORIZATION_FAILED
                            ? " The brokers' own principal needs the ACL CREATE on TOPIC '" + mirror.topic()
                                    + "' or on the CLUSTER here; grant it, or make it a super user."
                            : "";
            throw new LinkException(error, "Cannot create mirror topic '" + mirror.topic() + "': " + why + remedy);
        }
        return result.topicId();
    }

    private static CreatableTopic topic(MirrorRecord mirror) {
        return topic(mirror.topic(), mirror.partitions(), mirror.replicationFactor(), mirror.configs());
    }

    private static CreatableTopic topic(
            String name, int partitions, short replicationFactor, Map<String, String> configs) {
        CreatableTopic topic =
                new CreatableTopic().setName(name).setNumPartitions(partitions).setReplicationFactor(replicationFactor);
        configs.forEach((key, value) ->
                topic.configs().add(new CreatableTopicConfig().setName(key).setValue(value)));
        return topic;
    }

    private CompletableFuture<CreatableTopicResult> send(CreatableTopic topic, boolean validateOnly) {
        return (validateOnly ? checks : creations).add(topic);
    }
}
