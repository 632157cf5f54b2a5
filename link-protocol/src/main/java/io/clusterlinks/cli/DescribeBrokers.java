// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.LinkClusterDescription;
import io.clusterlinks.protocol.BrokerStatus;
import picocli.CommandLine.Command;

/** {@code brokers}. */
@Command(
        name = "brokers",
        description =
                "Shows for each live broker which plugin it runs, how far it has applied the state, and who coordinates.",
        footerHeading = ClusterCommand.EXAMPLES,
        footer = "  brokers")
final class DescribeBrokers extends ClusterCommand {
    /** One broker, for programs. */
    record Row(
            int broker,
            boolean coordinator,
            String pluginVersion,
            String kafkaVersion,
            long imageOffset,
            long lastReportMs) {}

    @Override
    int run(Session session) {
        LinkClusterDescription cluster = Session.get(session.links().describeBrokers(session.read()));
        if (session.console().isJson()) {
            session.console()
                    .json(cluster.brokers().stream()
                            .map(broker -> row(cluster, broker))
                            .toList());
            return OK;
        }
        if (cluster.brokers().isEmpty()) {
            session.console().line("No broker has reported yet: this cluster has no links.");
            return OK;
        }
        long now = session.time().milliseconds();
        Table table = new Table(">BROKER", "COORDINATOR", "PLUGIN", "KAFKA", ">STATE OFFSET", "LAST REPORT");
        cluster.brokers()
                .forEach(broker -> table.row(
                        broker.broker(),
                        broker.broker() == cluster.coordinator() ? "yes" : "no",
                        broker.pluginVersion() == null ? "none reported" : broker.pluginVersion(),
                        broker.kafkaVersion(),
                        Units.id(broker.imageOffset()),
                        Units.ago(broker.lastReportMs(), now)));
        session.console().text(table.render(""));
        if (cluster.coordinator() < 0) {
            session.console().progress("No broker coordinates at the moment: check the replicas of __cluster_links.");
        }
        return OK;
    }

    private static Row row(LinkClusterDescription cluster, BrokerStatus broker) {
        return new Row(
                broker.broker(),
                broker.broker() == cluster.coordinator(),
                broker.pluginVersion(),
                broker.kafkaVersion(),
                broker.imageOffset(),
                broker.lastReportMs());
    }
}
