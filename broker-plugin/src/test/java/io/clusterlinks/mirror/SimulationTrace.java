// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.mirror.SimulatedCluster.Node;
import io.clusterlinks.protocol.record.PartitionRecord;
import java.util.ArrayList;
import java.util.List;

/** What happened in a {@link Simulation}: the events, and if wanted every state in between. */
final class SimulationTrace {
    private final List<String> lines = new ArrayList<>();
    private final boolean detailed;
    private String last = "";

    SimulationTrace(boolean detailed) {
        this.detailed = detailed;
    }

    void note(String what) {
        lines.add("== " + what);
    }

    void snapshot(Simulation now) {
        if (detailed) {
            String snapshot = describe(now);
            if (!snapshot.equals(last)) {
                lines.add("t " + now.nowMs() + snapshot);
                last = snapshot;
            }
        }
    }

    List<String> lines() {
        return lines;
    }

    private static String describe(Simulation now) {
        StringBuilder text = new StringBuilder(" source ")
                .append(now.source.start)
                .append("..")
                .append(now.source.end)
                .append(" epochs ")
                .append(now.source.epochs)
                .append("; controller: leader ")
                .append(now.cluster.registration.leader())
                .append(" epoch ")
                .append(now.cluster.registration.epoch())
                .append(" in sync ")
                .append(now.cluster.registration.inSync());
        now.state.image().partition(Simulation.TP.topic(), 0).ifPresent(record -> text.append("\n    ")
                .append(describe(record)));
        now.cluster.nodes.forEach(node -> text.append("\n    ").append(describe(node)));
        return text.toString();
    }

    private static String describe(PartitionRecord record) {
        return "record " + record.leaderEpoch() + "." + record.revision() + " " + record.phase()
                + (record.repairing() ? " repairing" : "") + " start " + record.startOffset() + " lineage "
                + record.lineage().stream()
                        .map(entry -> entry.epoch() + "@" + entry.startOffset())
                        .toList()
                + " cut " + record.truncation() + " stop " + record.stopOffset();
    }

    private static String describe(Node node) {
        String role = node.leads()
                ? " leads " + node.heard.epoch() + " followers " + node.followers
                : " follows " + node.heard.leader() + " " + node.heard.epoch();
        return "node " + node.id + (node.alive ? role : " dead") + " log " + node.log.start + ".." + node.log.end
                + " committed " + node.log.highWatermark + " epochs " + node.log.epochs + " batches "
                + node.log.entries.stream()
                        .map(entry -> entry.base() + "-" + entry.next() + "/" + entry.leaderEpoch())
                        .toList();
    }
}
