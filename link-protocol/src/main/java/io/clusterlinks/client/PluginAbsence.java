// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.LinkException;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.protocol.Errors;

/** Says which broker runs without the plugin, as far as an admin client can know who answered it. */
final class PluginAbsence {
    private static final int TIMEOUT_MS = 3000;

    private static final String REMEDY = " the cluster-links plugin. Start brokers with"
            + " KAFKA_OPTS=\"-javaagent:$KAFKA_HOME/libs/kafka-cluster-links.jar\".";

    private PluginAbsence() {}

    static CompletableFuture<LinkException> explain(Admin admin) {
        return admin.describeCluster(new DescribeClusterOptions().timeoutMs(TIMEOUT_MS))
                .nodes()
                .toCompletionStage()
                .toCompletableFuture()
                .handle((nodes, failure) -> exception(nodes));
    }

    private static LinkException exception(Collection<Node> nodes) {
        return new LinkException(Errors.UNSUPPORTED_VERSION, subject(nodes) + " without" + REMEDY);
    }

    private static String subject(Collection<Node> nodes) {
        if (nodes == null || nodes.isEmpty()) {
            return "The broker that answered runs";
        }
        String addresses = nodes.stream()
                .map(node -> node.host() + ":" + node.port())
                .sorted()
                .collect(Collectors.joining(", "));
        return nodes.size() == 1
                ? "Broker at " + addresses + " runs"
                : "At least one of the brokers at " + addresses + " runs";
    }
}
